"""Cache writes that live an hour: they cost more than those of five minutes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0017_alert_digests")]
    operations = [
        migrations.AddField(
            "usagesample", "cache_hour_tokens", models.BigIntegerField(null=True)
        ),
    ]
