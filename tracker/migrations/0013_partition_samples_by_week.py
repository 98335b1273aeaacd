"""PostgreSQL keeps samples in a partition for each week, so that old weeks are dropped.

One key serves reads by session and time, and holds the project, as a table that is
distributed by project must. SQLite keeps its one table.
"""

from datetime import UTC, datetime, timedelta

from django.db import migrations

TABLE = "tracker_usagesample"
OLD = f"{TABLE}_old"
WEEK = timedelta(days=7)
WEEKS_BEFORE = 4  # of a new installation: transcripts of a month are imported
MOST_WEEKS_BEFORE = 104  # what is older shares one partition
WEEKS_AHEAD = 4
KEY = "session_id, at, id, project_id"


def partition(apps, editor):
    """Copies every row, some 100,000 a second, while reports wait."""
    if editor.connection.vendor != "postgresql":
        return
    _begin(editor, "PARTITION BY RANGE (at)")
    weeks = _weeks(editor)
    _partition(editor, "before", f"FROM (MINVALUE) TO ('{weeks[0]:%Y-%m-%d}Z')")
    for week in weeks:
        bounds = f"FROM ('{week:%Y-%m-%d}Z') TO ('{week + WEEK:%Y-%m-%d}Z')"
        _partition(editor, f"w{week:%Y%m%d}", bounds)
    editor.execute(f"CREATE TABLE {TABLE}_default PARTITION OF {TABLE} DEFAULT")
    _end(editor, KEY)


def join(apps, editor):
    if editor.connection.vendor != "postgresql":
        return
    _begin(editor, "")
    _end(editor, "id")
    editor.execute(f"CREATE INDEX sample_of_session ON {TABLE} (session_id, at)")


def _begin(editor, ending):
    editor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
    editor.execute(f"ALTER TABLE {TABLE} RENAME TO {OLD}")
    editor.execute(f"ALTER SEQUENCE {TABLE}_id_seq RENAME TO {OLD}_id_seq")
    editor.execute(f"CREATE TABLE {TABLE} (LIKE {OLD} INCLUDING IDENTITY) {ending}")


def _end(editor, key):
    """Rows first: a key made afterwards is built by sorting."""
    editor.execute(f"INSERT INTO {TABLE} SELECT * FROM {OLD}")
    editor.execute(
        f"SELECT setval('{TABLE}_id_seq', last_value, is_called) FROM {OLD}_id_seq"
    )
    editor.execute(f"DROP TABLE {OLD}")
    editor.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_pkey PRIMARY KEY ({key})"
    )
    editor.execute(f"ANALYZE {TABLE}")


def _weeks(editor):
    """Mondays, without a gap from the oldest sample to some weeks from now."""
    this_week = _monday(datetime.now(UTC))
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT min(at) FROM {OLD}")
        oldest = cursor.fetchone()[0]
    first = this_week - WEEK * WEEKS_BEFORE
    if oldest is not None:
        first = min(first, max(_monday(oldest), this_week - WEEK * MOST_WEEKS_BEFORE))
    weeks = (this_week - first) // WEEK + WEEKS_AHEAD + 1
    return [first + WEEK * number for number in range(weeks)]


def _monday(at):
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _partition(editor, name, bounds):
    editor.execute(
        f"CREATE TABLE {TABLE}_{name} PARTITION OF {TABLE} FOR VALUES {bounds}"
    )


class Migration(migrations.Migration):
    dependencies = [("tracker", "0012_fill_hourly_rollups")]
    operations = [migrations.RunPython(partition, join)]
