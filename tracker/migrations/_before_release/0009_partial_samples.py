"""Why a sample tells a part of what was paid for."""

from django.db import migrations, models

from tracker.migrations._in_place import AddFieldInPlace


class Migration(migrations.Migration):
    dependencies = [("tracker", "0008_client_windows")]
    operations = [
        AddFieldInPlace(
            "usagesample",
            "partial",
            models.CharField(blank=True, default="", max_length=12),
        ),
    ]
