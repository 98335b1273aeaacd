"""Who said how large a window is, in more words; where the client compacts."""

from django.db import migrations, models

from tracker.migrations._in_place import WidenInPlace


class Migration(migrations.Migration):
    dependencies = [("tracker", "0007_gateway_calls")]
    operations = [
        migrations.AddField(
            "llmsession", "compact_at_tokens", models.BigIntegerField(null=True)
        ),
        WidenInPlace(
            "llmsession",
            "window_source",
            models.CharField(default="default", max_length=14),
        ),
        WidenInPlace(
            "sessionlane",
            "window_source",
            models.CharField(default="default", max_length=14),
        ),
        WidenInPlace(
            "usagesample", "window_source", models.CharField(max_length=14)
        ),
    ]
