"""Why a request missed the prompt cache, where its provider or the gateway says so.

It may be null: SQLite would write the whole table anew for a column with a default.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0031_audit_actions")]
    operations = [
        migrations.AddField(
            "usagesample", "cache_reason", models.CharField(max_length=64, null=True)
        ),
    ]
