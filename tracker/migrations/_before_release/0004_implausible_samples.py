"""Why a sample moved no gauge."""

from django.db import migrations, models

from tracker.migrations._in_place import AddFieldInPlace


class Migration(migrations.Migration):
    dependencies = [("tracker", "0003_calibrations_by_client")]
    operations = [
        AddFieldInPlace(
            "usagesample",
            "implausible",
            models.CharField(blank=True, default="", max_length=12),
        ),
    ]
