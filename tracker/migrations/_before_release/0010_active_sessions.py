"""Count the active sessions of a level from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0009_partial_samples")]
    operations = [
        migrations.RemoveIndex(model_name="llmsession", name="session_newest"),
        migrations.AddIndex(
            model_name="llmsession",
            index=models.Index(
                fields=["project", "last_at", "level"], name="session_active"
            ),
        ),
    ]
