"""Remember that a project is being deleted, so that a restart does not end it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0015_session_search")]
    operations = [
        migrations.AddField(
            model_name="project",
            name="deletion_began_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
