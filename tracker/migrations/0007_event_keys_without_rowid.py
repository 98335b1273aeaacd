"""SQLite keeps event keys in their primary key's tree alone: half the pages written.

Without this each key is stored twice, in the table and in the index of its key.
"""

from django.db import migrations

COLUMNS = "session_id, digest, at"
TABLE = "tracker_eventkey"
FOREIGN_KEY = "REFERENCES tracker_llmsession (id) DEFERRABLE INITIALLY DEFERRED"


def _rebuild(editor, ending):
    if editor.connection.vendor != "sqlite":
        return
    editor.execute(
        # The key's columns first: in another order SQLite before 3.42 takes sound rows
        # for damaged in PRAGMA integrity_check.
        f"CREATE TABLE new_{TABLE} (session_id bigint NOT NULL {FOREIGN_KEY}, "
        "digest BLOB NOT NULL, at datetime NOT NULL, "
        f"PRIMARY KEY (session_id, digest)) {ending}"
    )
    editor.execute(
        f"INSERT INTO new_{TABLE} ({COLUMNS}) SELECT {COLUMNS} FROM {TABLE} "
        "ORDER BY session_id, digest"
    )
    editor.execute(f"DROP TABLE {TABLE}")
    editor.execute(f"ALTER TABLE new_{TABLE} RENAME TO {TABLE}")


def without_rowid(apps, editor):
    _rebuild(editor, "WITHOUT ROWID")


def with_rowid(apps, editor):
    _rebuild(editor, "")


class Migration(migrations.Migration):
    dependencies = [("tracker", "0006_hourly_rollups")]
    operations = [migrations.RunPython(without_rowid, with_rowid)]
