"""The index of what sessions are searched by: key, title and metadata.

It is kept by triggers, so whoever writes a session keeps it right, and a report that
changes none of the three does not touch it. Frozen with `0001_first_release`.
"""

from __future__ import annotations

# Between the three, so that no text is found across two of them.
SQLITE_TEXT = "{row}.key || char(31) || {row}.title || char(31) || {row}.metadata"
POSTGRES_TEXT = "{row}.key || chr(31) || {row}.title || chr(31) || {row}.metadata::text"
CHANGED = " OR ".join(
    f"OLD.{name} IS {{differs}} NEW.{name}" for name in ("key", "title", "metadata")
)


TRIGGERS = ("session_search_new", "session_search_changed", "session_search_gone")


def sqlite_drops():
    """Migrated back: the server of before knows none of it."""
    for name in TRIGGERS:
        yield f"DROP TRIGGER IF EXISTS {name}"
    yield "DROP TABLE IF EXISTS tracker_sessionsearch"


def postgres_drops():
    for name in TRIGGERS:
        yield f"DROP TRIGGER IF EXISTS {name} ON tracker_llmsession"
    yield "DROP FUNCTION IF EXISTS tracker_note_search()"
    yield "DROP TABLE IF EXISTS tracker_sessionsearch"
    yield "DROP FUNCTION IF EXISTS tracker_trigrams(text)"


def sqlite_statements():
    """FTS5's trigrams, without a copy of the text: a hit is looked at in its row."""
    old, new = SQLITE_TEXT.format(row="OLD"), SQLITE_TEXT.format(row="NEW")
    forget = (
        "INSERT INTO tracker_sessionsearch (tracker_sessionsearch, rowid, text) "
        f"VALUES ('delete', OLD.id, {old});"
    )
    note = (
        f"INSERT INTO tracker_sessionsearch (rowid, text) VALUES (NEW.id, {new});"
    )
    changed = CHANGED.format(differs="NOT")
    on = "ON tracker_llmsession"
    yield (
        "CREATE VIRTUAL TABLE tracker_sessionsearch "
        "USING fts5(text, content='', tokenize='trigram')"
    )
    yield (
        "INSERT INTO tracker_sessionsearch (rowid, text) "
        f"SELECT s.id, {SQLITE_TEXT.format(row='s')} FROM tracker_llmsession s"
    )
    yield (
        f"CREATE TRIGGER session_search_new AFTER INSERT {on} BEGIN {note} END"
    )
    yield (
        f"CREATE TRIGGER session_search_changed AFTER UPDATE OF key, title, metadata "
        f"{on} WHEN {changed} BEGIN {forget} {note} END"
    )
    yield (
        f"CREATE TRIGGER session_search_gone AFTER DELETE {on} BEGIN {forget} END"
    )


def postgres_statements():
    """Trigrams in an index of PostgreSQL's own kind: no extension is needed.

    A table of its own, because a session's row is written anew with each report, and
    every index of it with the row. The function's cost keeps the planner from computing
    trigrams row by row.
    """
    new = POSTGRES_TEXT.format(row="NEW")
    yield (
        "CREATE FUNCTION tracker_trigrams(given text) RETURNS text[] "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$ "
        "SELECT coalesce(array_agg(DISTINCT substr(upper(given), n, 3)), '{}') "
        "FROM generate_series(1, length(given) - 2) n $$"
    )
    yield (
        "CREATE TABLE tracker_sessionsearch (project_id bigint NOT NULL, "
        "session_id bigint NOT NULL, text text NOT NULL, "
        "PRIMARY KEY (project_id, session_id))"
    )
    yield (
        "INSERT INTO tracker_sessionsearch SELECT s.project_id, s.id, "
        f"{POSTGRES_TEXT.format(row='s')} FROM tracker_llmsession s"
    )
    yield (
        "CREATE INDEX session_search_trigrams ON tracker_sessionsearch "
        "USING gin (tracker_trigrams(text))"
    )
    yield (
        "CREATE FUNCTION tracker_note_search() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN "
        "IF TG_OP <> 'INSERT' THEN DELETE FROM tracker_sessionsearch "
        "WHERE project_id = OLD.project_id AND session_id = OLD.id; END IF; "
        "IF TG_OP <> 'DELETE' THEN INSERT INTO tracker_sessionsearch "
        f"VALUES (NEW.project_id, NEW.id, {new}); END IF; "
        "RETURN NULL; END $$"
    )
    note = "FOR EACH ROW {when}EXECUTE FUNCTION tracker_note_search()"
    on, changed = "ON tracker_llmsession", CHANGED.format(differs="DISTINCT FROM")
    yield (
        f"CREATE TRIGGER session_search_new AFTER INSERT OR DELETE {on} "
        + note.format(when="")
    )
    yield (
        "CREATE TRIGGER session_search_changed AFTER UPDATE OF key, title, metadata "
        f"{on} " + note.format(when=f"WHEN ({changed}) ")
    )


def make_search(_, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for sql in sqlite_statements() if is_sqlite else postgres_statements():
        schema_editor.execute(sql)


def drop_search(_, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for sql in sqlite_drops() if is_sqlite else postgres_drops():
        schema_editor.execute(sql)
