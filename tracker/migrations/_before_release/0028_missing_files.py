"""What a session file tells of, and below which folder it was found."""

from django.db import migrations, models

from tracker.migrations._in_place import AddFieldInPlace


class Migration(migrations.Migration):
    dependencies = [("tracker", "0027_comments")]
    operations = [
        AddFieldInPlace("readfile", "sessions", models.TextField(default="[]")),
        AddFieldInPlace(
            "readfile",
            "below",
            models.CharField(blank=True, default="", max_length=32),
        ),
    ]
