"""Calls through the gateway, and what a policy says of them."""

import django.db.models.deletion
from django.db import migrations, models

DEFAULTS = {
    "gateway_message_limit": "chats",
    "gateway_wait_seconds": 2,
    "gateway_cold_share": 0,
    "gateway_control_share": 0,
}


def fill_default_policy(apps, schema_editor):
    """The default policy says every field: nothing is less specific."""
    Policy = apps.get_model("tracker", "Policy")
    default = Policy.objects.filter(project=None, model_pattern="", session=None)
    default.update(**DEFAULTS)


class Migration(migrations.Migration):
    dependencies = [
        ("tracker", "0006_upstreams"),
    ]

    operations = [
        migrations.AddField(
            model_name="compression",
            name="refused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="policy",
            name="gateway_cold_share",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="policy",
            name="gateway_control_share",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="policy",
            name="gateway_message_limit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("chats", "Chats without tools"),
                    ("all", "All conversations"),
                    ("off", "None"),
                ],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="gateway_wait_seconds",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="policy",
            name="mode",
            field=models.CharField(
                blank=True,
                choices=[
                    ("apply", "Apply"),
                    ("advise", "Advise only"),
                    ("observe", "Observe only"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="GatewayCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("lane", models.CharField(default="main", max_length=255)),
                ("at", models.DateTimeField()),
                ("upstream", models.CharField(max_length=40)),
                ("status", models.PositiveSmallIntegerField()),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("untouched", "untouched"),
                            ("cut", "with an earlier cut"),
                            ("compressed", "compressed"),
                            ("rescued", "prompt too long, rescued"),
                            ("refused", "refused, sent as it came"),
                        ],
                        default="untouched",
                        max_length=10,
                    ),
                ),
                ("is_control", models.BooleanField(default=False)),
                ("request_bytes", models.BigIntegerField()),
                ("sent_bytes", models.BigIntegerField()),
                ("added_ms", models.FloatField()),
                ("waited_ms", models.FloatField(default=0.0)),
                ("first_byte_ms", models.FloatField(null=True)),
                ("compression_id", models.BigIntegerField(null=True)),
                ("input_tokens", models.BigIntegerField(null=True)),
                ("cache_read_tokens", models.BigIntegerField(null=True)),
                ("cache_creation_tokens", models.BigIntegerField(null=True)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="tracker.project",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="tracker.llmsession",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "at"], name="gateway_call_newest"),
                    models.Index(
                        fields=["session", "at"], name="gateway_call_of_session"
                    ),
                    models.Index(fields=["at"], name="gateway_call_at"),
                ],
            },
        ),
        migrations.RunPython(fill_default_policy, migrations.RunPython.noop),
    ]
