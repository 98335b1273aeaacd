"""Compressions of which only numbers are known leave the inbox."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tracker.migrations._in_place import AddFieldInPlace


def ask_about_the_known(apps: StateApps, _schema: BaseDatabaseSchemaEditor) -> None:
    due = apps.get_model("tracker", "DueReview").objects.values("pk")
    rows = apps.get_model("tracker", "Compression").objects.filter(score=None)
    rows.exclude(pk__in=due).update(is_reviewable=False)


class Migration(migrations.Migration):
    dependencies = [("tracker", "0029_added_members")]

    operations = [
        AddFieldInPlace(
            "compression",
            "is_reviewable",
            models.BooleanField(default=True, db_default=True),
        ),
        migrations.AddIndex(
            model_name="compression",
            index=models.Index(
                condition=models.Q(is_reviewable=True, review="pending"),
                fields=["project", "at"],
                name="compression_waiting",
            ),
        ),
        # After the index: PostgreSQL makes none in a transaction that changed rows.
        migrations.RunPython(ask_about_the_known, migrations.RunPython.noop),
    ]
