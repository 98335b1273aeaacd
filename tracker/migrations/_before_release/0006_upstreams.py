"""Where the gateway sends calls, with the providers that everybody has."""

from django.db import migrations, models
from django.utils import timezone

import tracker.models.settings.upstreams

PROVIDERS = (
    ("anthropic", "https://api.anthropic.com", "anthropic"),
    ("openai", "https://api.openai.com", "openai"),
    # Where Codex sends its calls after a login with ChatGPT.
    ("chatgpt", "https://chatgpt.com/backend-api/codex", "openai"),
    ("gemini", "https://generativelanguage.googleapis.com", "gemini"),
)


def add_providers(apps, schema_editor):
    upstream = apps.get_model("tracker", "Upstream")
    for name, base_url, dialect in PROVIDERS:
        upstream.objects.get_or_create(
            name=name,
            defaults={
                "base_url": base_url,
                "dialect": dialect,
                "updated_at": timezone.now(),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("tracker", "0005_stored_cuts")]
    operations = [
        migrations.CreateModel(
            name="Upstream",
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
                (
                    "name",
                    models.SlugField(
                        help_text="The word in the address: /gateway/NAME/…",
                        max_length=40,
                        unique=True,
                    ),
                ),
                (
                    "base_url",
                    models.CharField(
                        help_text="What stands before /v1/… at the provider.",
                        max_length=500,
                        validators=[tracker.models.settings.upstreams.check_base_url],
                        verbose_name="base URL",
                    ),
                ),
                (
                    "dialect",
                    models.CharField(
                        choices=[
                            ("anthropic", "anthropic"),
                            ("openai", "openai"),
                            ("gemini", "gemini"),
                            ("other", "other"),
                        ],
                        default="openai",
                        max_length=12,
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("login", "Logged in"),
                    ("login_failed", "Failed to log in"),
                    ("logout", "Logged out"),
                    ("key_created", "Made an API key"),
                    ("key_revoked", "Revoked an API key"),
                    ("policy_changed", "Changed a policy"),
                    ("policy_deleted", "Deleted a policy"),
                    ("upstream_set", "Set an upstream"),
                    ("upstream_removed", "Removed an upstream"),
                    ("review", "Reviewed a compression"),
                    ("session_deleted", "Deleted a session"),
                    ("project_deleted", "Deleted a project"),
                    ("export", "Exported"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunPython(add_providers, migrations.RunPython.noop),
    ]
