"""PostgreSQL no longer looks up and locks session and project for each sample.

SQLite keeps its references: they cost it little, and to drop one it would have to
copy the whole history.
"""

import django.db.models.deletion
from django.db import migrations, models


class AlterFieldButOnSQLite(migrations.AlterField):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self.database_forwards(app_label, schema_editor, from_state, to_state)


def unchecked(to, **options):
    return models.ForeignKey(
        to,
        on_delete=django.db.models.deletion.CASCADE,
        db_index=False,
        db_constraint=False,
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("tracker", "0010_suspected_compressions")]
    operations = [
        AlterFieldButOnSQLite("eventkey", "session", unchecked("tracker.llmsession")),
        AlterFieldButOnSQLite("usagesample", "project", unchecked("tracker.project")),
        AlterFieldButOnSQLite(
            "usagesample",
            "session",
            unchecked("tracker.llmsession", related_name="samples"),
        ),
    ]
