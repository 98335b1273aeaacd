"""What is sent in place of a conversation's compressed beginning."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    dependencies = [("tracker", "0004_implausible_samples")]
    operations = [
        migrations.CreateModel(
            name="StoredCut",
            fields=[
                (
                    "compression",
                    models.OneToOneField(
                        on_delete=CASCADE,
                        primary_key=True,
                        related_name="cut",
                        serialize=False,
                        to="tracker.compression",
                    ),
                ),
                ("project_id", models.BigIntegerField(null=True)),
                ("lane", models.CharField(default="main", max_length=255)),
                ("message_count", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=16)),
                ("replacement", models.BinaryField()),
                ("history_tokens", models.BigIntegerField(default=0)),
                ("system_tokens", models.BigIntegerField(default=0)),
                ("counter", models.CharField(blank=True, max_length=255)),
                ("new_messages", models.BigIntegerField(default=0)),
                ("dialect", models.CharField(blank=True, max_length=20)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=CASCADE,
                        related_name="cuts",
                        to="tracker.llmsession",
                    ),
                ),
            ],
        ),
    ]
