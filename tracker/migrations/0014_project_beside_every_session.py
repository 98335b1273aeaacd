"""Lanes, comparisons, event keys and texts of compressions say their project, too: a
store that is distributed by project keeps a project's rows together.

Event keys and texts are many and large: their column is filled from now on, what was
there before stays empty until docs/distributed.sql fills it.
"""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, editor):
    projects = apps.get_model("tracker", "LLMSession").objects.filter(
        pk=OuterRef("session_id")
    )
    for name in ("SessionLane", "Comparison"):
        apps.get_model("tracker", name).objects.update(
            project_id=Subquery(projects.values("project_id"))
        )


def nullable(model, table):
    """Without Django's copying of the table on SQLite, which would forget that event
    keys are WITHOUT ROWID.
    """
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD COLUMN project_id bigint NULL",
        f"ALTER TABLE {table} DROP COLUMN project_id",
        state_operations=[
            migrations.AddField(model, "project_id", models.BigIntegerField(null=True))
        ],
    )


def required(model, constraint, name):
    return [
        migrations.AlterField(model, "project_id", models.BigIntegerField()),
        migrations.RemoveConstraint(model, constraint),
        migrations.AddConstraint(
            model,
            models.UniqueConstraint(
                fields=["project_id", "session", name], name=constraint
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("tracker", "0013_partition_samples_by_week")]
    operations = [
        nullable("eventkey", "tracker_eventkey"),
        nullable("compressiontext", "tracker_compressiontext"),
        migrations.AddField(
            "sessionlane", "project_id", models.BigIntegerField(null=True)
        ),
        migrations.AddField(
            "comparison", "project_id", models.BigIntegerField(null=True)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *required("sessionlane", "lane_once", "name"),
        *required("comparison", "comparison_once", "lane"),
    ]
