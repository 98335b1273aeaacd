"""Tables that SQLite and PostgreSQL keep in ways Django has no words for.

Each is a `CreateModel` whose SQL is changed before it is run. Frozen with
`0001_first_release`: a later migration changes the tables, never this file.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.migrations import AddIndex, CreateModel
from django.db.migrations.operations.base import Operation

WEEK = timedelta(days=7)
WEEKS_BEFORE = 4  # transcripts of a month are imported on the first day
WEEKS_AHEAD = 4

# How SQLite says these columns in a database that was upgraded step by step: it keeps
# the default of a column that was added in place, and the width of one that grew. New
# databases have the same, so that a later migration meets one schema.
UPGRADED = {
    '"window_source" varchar(14) NOT NULL': '"window_source" varchar(10) NOT NULL',
    '"implausible" varchar(12) NOT NULL': '"implausible" varchar(12) DEFAULT \'\' NOT NULL',
    '"partial" varchar(12) NOT NULL': '"partial" varchar(12) DEFAULT \'\' NOT NULL',
    '"added" text NOT NULL': '"added" text DEFAULT \'\' NOT NULL',
    '"sessions" text NOT NULL': '"sessions" text DEFAULT \'[]\' NOT NULL',
    '"below" varchar(32) NOT NULL': '"below" varchar(32) DEFAULT \'\' NOT NULL',
}


class MakeTables(Operation):
    """Makes the tables of its `CreateModel`s as one step.

    After each of forty, Django would build the classes of all models that are related
    to it anew: that took two thirds of a first start.
    """

    def __init__(self, tables):
        self.tables = tables

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # else each table builds the classes anew
        for table in self.tables:
            table.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for table in self.tables:
            table.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for table in reversed(self.tables):
            table.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return "\n    ".join(table.describe() for table in self.tables)


class CreateAsUpgraded(CreateModel):
    """On SQLite with the columns as `UPGRADED` says them."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        sql = _create_table(self, app_label, schema_editor, to_state)
        schema_editor.execute(_as_upgraded(sql))
        schema_editor.deferred_sql += schema_editor._model_indexes_sql(model)


class CreateEventKey(CreateModel):
    """On SQLite WITHOUT ROWID: a key is stored once, in the tree of its primary key,
    not a second time in a table. Half the pages are written.

    `fields` begin with the key's columns. In another order SQLite before 3.42 takes
    sound rows for damaged in PRAGMA integrity_check.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        sql = _create_table(self, app_label, schema_editor, to_state)
        schema_editor.execute(f"{_with_references(sql)} WITHOUT ROWID")


class CreateUsageSample(CreateModel):
    """On PostgreSQL in a partition for each week, so that `prune` drops old weeks whole.

    Its primary key serves reads by session and time. It holds the project, as a table
    that is distributed by project must.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        sql = _create_table(self, app_label, schema_editor, to_state)
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(_as_upgraded(_with_references(sql)))
            return
        columns = sql.replace(" PRIMARY KEY", "", 1).removesuffix(")")
        schema_editor.execute(
            f"{columns}, PRIMARY KEY (session_id, at, id, project_id)) "
            "PARTITION BY RANGE (at)"
        )
        for statement in partitions("tracker_usagesample", datetime.now(UTC)):
            schema_editor.execute(statement)


class AddIndexOnSQLite(AddIndex):
    """PostgreSQL has the same columns in the primary key."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


def partitions(table, now):
    """SQL of the weeks around `now`, of all that is older, and of what has no week.

    On Wednesday 2026-11-25: weeks from Monday 2026-10-26 to Monday 2026-12-21.
    """
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=now.weekday())
    weeks = [monday + WEEK * n for n in range(-WEEKS_BEFORE, WEEKS_AHEAD + 1)]
    part = f"CREATE TABLE {table}_{{}} PARTITION OF {table}"
    yield f"{part.format('before')} FOR VALUES FROM (MINVALUE) TO ('{weeks[0]}')"
    for week in weeks:
        name = part.format(f"w{week:%Y%m%d}")
        yield f"{name} FOR VALUES FROM ('{week}') TO ('{week + WEEK}')"
    yield f"{part.format('default')} DEFAULT"


def _create_table(operation, app_label, editor, state):
    """The CREATE TABLE that Django would run."""
    sql, _ = editor.table_sql(state.apps.get_model(app_label, operation.name))
    return sql


def _with_references(sql):
    """SQLite checks the references, though the models say `db_constraint=False`.

    They cost it little. Databases from before the first release have them, and to drop
    one SQLite would copy the whole history.
    """
    for column, table in (
        ("session_id", "tracker_llmsession"),
        ("project_id", "tracker_project"),
    ):
        sql = sql.replace(
            f'"{column}" bigint NOT NULL',
            f'"{column}" bigint NOT NULL REFERENCES "{table}" ("id") '
            "DEFERRABLE INITIALLY DEFERRED",
        )
    return sql


def _as_upgraded(sql):
    for new, upgraded in UPGRADED.items():
        sql = sql.replace(new, upgraded)
    return sql
