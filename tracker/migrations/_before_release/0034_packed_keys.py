"""Event keys of sessions that rest get a table of their own, many to a row.

Only the table is made here: a thread of the server moves the keys, a step at a time
(upkeep/key_packing.py). Those that are not moved yet count as before.
"""

import django.db.models.deletion
from django.db import migrations, models

from tracker.migrations._special_tables import CreateEventKey


def unpack_all(apps, schema_editor):
    """Migrated back: the build of before knows the other table alone."""
    from tracker.ingest.rows.packed_keys import unpack

    keys = apps.get_model("tracker", "EventKey")
    for row in apps.get_model("tracker", "PackedKeys").objects.iterator(chunk_size=500):
        keys.objects.bulk_create(
            [
                keys(session_id=row.session_id, digest=digest, at=at, project_id=row.project_id)
                for digest, at in unpack(bytes(row.keys))
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [("tracker", "0033_alert_kinds")]
    operations = [
        CreateEventKey(
            "PackedKeys",
            [
                (
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="tracker.llmsession",
                    ),
                ),
                ("first", models.BinaryField(max_length=16)),
                ("keys", models.BinaryField()),
                ("oldest_at", models.DateTimeField()),
                ("project_id", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "session_id", "first", blank=True, editable=False,
                        primary_key=True, serialize=False,
                    ),
                ),
            ],
        ),
        migrations.RunPython(migrations.RunPython.noop, unpack_all),
    ]
