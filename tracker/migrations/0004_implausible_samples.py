"""Why a sample moved no gauge."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0003_calibrations_by_client")]
    operations = [
        migrations.AddField(
            "usagesample",
            "implausible",
            models.CharField(blank=True, default="", max_length=12),
        ),
    ]
