"""Every table of commit a52e16c, and the default policy.

It replaces fifteen steps; their files are gone. A database that took all fifteen has
these tables. One that took only some of them is refused by `manage.py migrate`, which
says what to do.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import migrations, models
from django.db.models.functions import Coalesce

from tracker.migrations._before_release import FIRST_STEPS
from tracker.migrations._special_tables import (
    AddIndexOnSQLite,
    CreateEventKey,
    CreateUsageSample,
)
from tracker.models.access.api_keys import all_scopes
from tracker.models.projects import check_patterns

LEVELS = ("ok", "warning", "compress", "critical", "exceeded")
TRIGGERS = ("messages", "budget", "critical", "exceeded", "manual", "auto", "suspected")
AUDITED = [
    ("login", "Logged in"),
    ("login_failed", "Failed to log in"),
    ("logout", "Logged out"),
    ("key_created", "Made an API key"),
    ("key_revoked", "Revoked an API key"),
    ("policy_changed", "Changed a policy"),
    ("policy_deleted", "Deleted a policy"),
    ("review", "Reviewed a compression"),
    ("session_deleted", "Deleted a session"),
    ("project_deleted", "Deleted a project"),
    ("export", "Exported"),
]
PARTS = ("system", "history", "user_context", "tools")

ID = (
    "id",
    models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    ),
)


def belongs_to(model, **options):
    return models.ForeignKey(on_delete=models.CASCADE, to=model, **options)


def may_name(model):
    """The row stays when what it names is deleted."""
    return models.ForeignKey(blank=True, null=True, on_delete=models.SET_NULL, to=model)


def numbers(*names, **options):
    return [(name, models.BigIntegerField(**options)) for name in names]


def counts(*names, **options):
    return numbers(*names, default=0, **options)


def tokens(*names, **options):
    return numbers(*(f"{name}_tokens" for name in names), **options)


def one_of(*words, max_length=8, **options):
    """One of `words`, each shown with a capital: "ok" as "Ok"."""
    choices = [(word, word.capitalize()) for word in words]
    return models.CharField(choices=choices, max_length=max_length, **options)


def key(*columns):
    return models.CompositePrimaryKey(
        *columns, blank=True, editable=False, primary_key=True, serialize=False
    )


def once(name, *fields):
    return models.UniqueConstraint(fields=fields, name=name)


def index(name, *fields):
    return models.Index(fields=fields, name=name)


def optional_number(**options):
    return models.PositiveIntegerField(blank=True, null=True, **options)


def threshold(name):
    """In percent of the available tokens, or in tokens."""
    percent = models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)
    return [(f"{name}_percent", percent), *tokens(name, blank=True, null=True)]


def catalogue_tokens(help_text):
    return models.BigIntegerField(
        blank=True, help_text=help_text, null=True, validators=[MinValueValidator(1)]
    )


def price():
    return models.DecimalField(
        blank=True,
        decimal_places=6,
        help_text="US dollars per million tokens.",
        max_digits=14,
        null=True,
        validators=[MinValueValidator(0)],
    )


# What a session and a lane of it hold now.
OCCUPANCY = [
    ("model", models.CharField(blank=True, max_length=200)),
    *tokens("used", *PARTS, "unattributed", default=0),
    ("source", models.CharField(blank=True, max_length=10)),
    ("parts_source", models.CharField(blank=True, max_length=10)),
    ("message_count", models.BigIntegerField(null=True)),
    ("output_tokens", models.BigIntegerField(null=True)),
    ("window_tokens", models.BigIntegerField(default=200_000)),
    ("window_source", models.CharField(default="default", max_length=10)),
    ("available_tokens", models.BigIntegerField(default=196_000)),
    ("policy_name", models.CharField(default="default", max_length=200)),
    ("used_ratio", models.FloatField(default=0.0)),
    ("level", one_of(*LEVELS, default="ok")),
    ("event_level", one_of(*LEVELS, default="ok")),
    ("first_at", models.DateTimeField(null=True)),
    ("last_at", models.DateTimeField(null=True)),
    *counts("sample_count"),
]


# As they stood when this migration was written: every field set, so that whatever a
# more specific policy leaves open is said here.
DEFAULT_POLICY = {
    "window_tokens": 200_000,
    "reserved_tokens": 4_000,
    "warning_percent": Decimal(80),
    "compress_percent": Decimal(85),
    "critical_percent": Decimal(95),
    "target_percent": Decimal(60),
    "margin_percent": Decimal(2),
    "min_reclaim_percent": Decimal(10),
    "min_reclaim_tokens": 2_000,
    "message_limit": 20,
    "keep_first": 2,
    "keep_last": 6,
    "cooldown_seconds": 60,
    "mode": "apply",
    "summariser": "extractive",
    "counting": "estimated",
}


def make_default_policy(apps, schema_editor):
    policies = apps.get_model("tracker", "Policy").objects
    policies.create(name="default", **DEFAULT_POLICY)


class Migration(migrations.Migration):
    initial = True
    replaces = [("tracker", name) for name in FIRST_STEPS]
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            "Project",
            [
                ID,
                ("slug", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "keep_messages",
                    one_of(
                        "yes",
                        "redacted",
                        "no",
                        default="yes",
                        help_text="Whether the messages before and after a compression are stored.",
                    ),
                ),
                ("retention_days", optional_number(help_text="Days to keep samples, events and compressions; empty keeps all.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                *counts("last_seq", *(f"{name}_count" for name in LEVELS), editable=False),
                (
                    "redaction_patterns",
                    models.TextField(
                        blank=True,
                        help_text="For redacted messages: regular expressions to remove, one per "
                        "line. Keys, tokens, passwords and e-mail addresses are always removed.",
                        validators=[check_patterns],
                    ),
                ),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.CreateModel(
            "ProjectMember",
            [
                ID,
                ("role", one_of("viewer", "reviewer", "admin", default="viewer")),
                ("project", belongs_to("tracker.project", related_name="members")),
                ("user", belongs_to(settings.AUTH_USER_MODEL, related_name="project_members")),
            ],
            options={"constraints": [once("member_once", "project", "user")]},
        ),
        migrations.CreateModel(
            "ApiKey",
            [
                ID,
                ("name", models.CharField(max_length=120)),
                ("shown_prefix", models.CharField(editable=False, max_length=12)),
                ("key_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("scopes", models.JSONField(default=all_scopes)),
                ("rate_limit_per_minute", optional_number(help_text="Reports per minute; empty means no limit.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("project", belongs_to("tracker.project", related_name="api_keys")),
            ],
            options={"ordering": ["project__name", "name"], "verbose_name": "API key"},
        ),
        migrations.CreateModel(
            "LoginLink",
            [
                ID,
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("user", belongs_to(settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            "AuditEntry",
            [
                ID,
                ("at", models.DateTimeField(db_index=True)),
                ("action", models.CharField(choices=AUDITED, max_length=20)),
                ("actor", models.CharField(max_length=200)),
                ("project_slug", models.CharField(blank=True, max_length=64)),
                ("target", models.CharField(blank=True, max_length=300)),
                ("detail", models.TextField(blank=True)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("project", may_name("tracker.project")),
                ("user", may_name(settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["-at", "-pk"], "verbose_name_plural": "audit entries"},
        ),
        migrations.CreateModel("ConfigVersion", [ID, *counts("number")]),
        migrations.CreateModel(
            "CatalogueModel",
            [
                ID,
                (
                    "name",
                    models.CharField(
                        help_text="In any spelling: a provider's prefix, region or date "
                        "is ignored where the plain name is stored.",
                        max_length=200,
                        unique=True,
                    ),
                ),
                ("window_tokens", catalogue_tokens("Input and output together.")),
                ("max_input_tokens", catalogue_tokens("The largest input of one request, if smaller than the window.")),
                ("max_output_tokens", catalogue_tokens("The largest output of one answer.")),
                *((f"{name}_price", price()) for name in ("input", "output", "cache_read", "cache_creation")),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={"ordering": ["name"], "verbose_name": "model"},
        ),
        migrations.CreateModel(
            "LLMSession",
            [
                ID,
                *OCCUPANCY,
                ("key", models.CharField(max_length=255)),
                ("title", models.CharField(blank=True, max_length=255)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("origin", models.CharField(default="api", max_length=20)),
                *counts("event_count", "compression_count", "saved_tokens"),
                ("last_compression_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                *counts("changed_us"),
                ("project", belongs_to("tracker.project", related_name="sessions")),
            ],
            options={
                "constraints": [once("session_key_once", "project", "key")],
                "indexes": [
                    index("session_newest", "project", "last_at"),
                    index("session_fullest", "project", "used_ratio"),
                    index("session_changed", "changed_us"),
                ],
                "verbose_name": "session",
            },
        ),
        migrations.CreateModel(
            "SessionLane",
            [
                ID,
                *OCCUPANCY,
                ("name", models.CharField(max_length=255)),
                ("session", belongs_to("tracker.llmsession", related_name="lanes")),
                ("project_id", models.BigIntegerField()),
            ],
            options={"constraints": [once("lane_once", "project_id", "session", "name")]},
        ),
        CreateUsageSample(
            "UsageSample",
            [
                ID,
                ("lane", models.CharField(default="main", max_length=255)),
                ("at", models.DateTimeField()),
                ("event_id", models.CharField(max_length=255)),
                ("model", models.CharField(blank=True, max_length=200)),
                *tokens("used", *PARTS, "unattributed"),
                *tokens("input", "output", "cache_read", "cache_creation", null=True),
                *numbers("message_count", null=True),
                *tokens("window"),
                ("window_source", models.CharField(max_length=10)),
                *tokens("available"),
                ("level", one_of(*LEVELS)),
                ("source", models.CharField(max_length=10)),
                ("parts_source", models.CharField(blank=True, max_length=10)),
                ("origin", models.CharField(max_length=20)),
                ("is_late", models.BooleanField(default=False)),
                ("is_clock_skewed", models.BooleanField(default=False)),
                ("project", belongs_to("tracker.project", db_constraint=False, db_index=False)),
                (
                    "session",
                    belongs_to(
                        "tracker.llmsession",
                        db_constraint=False,
                        db_index=False,
                        related_name="samples",
                    ),
                ),
            ],
        ),
        AddIndexOnSQLite("usagesample", index("sample_of_session", "session", "at")),
        CreateEventKey(
            "EventKey",
            [
                ("session", belongs_to("tracker.llmsession", db_constraint=False, db_index=False)),
                ("digest", models.BinaryField(max_length=16)),
                ("at", models.DateTimeField()),
                ("project_id", models.BigIntegerField(null=True)),
                ("pk", key("session_id", "digest")),
            ],
        ),
        migrations.CreateModel(
            "HourlyRollup",
            [
                ("hour", models.DateTimeField()),
                ("writer", models.SmallIntegerField(default=0)),
                *counts("samples", "used_tokens", "new_sessions", "compressions", "saved_tokens"),
                *counts(*(f"{name}_events" for name in LEVELS)),
                ("project", belongs_to("tracker.project", db_index=False)),
                ("pk", key("project_id", "hour", "writer")),
            ],
        ),
        migrations.CreateModel(
            "ThresholdEvent",
            [
                ID,
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("from_level", one_of(*LEVELS)),
                ("to_level", one_of(*LEVELS)),
                *tokens("used", "available"),
                ("policy_name", models.CharField(max_length=200)),
                ("event_id", models.CharField(blank=True, max_length=255)),
                ("project", belongs_to("tracker.project", db_index=False)),
                ("session", belongs_to("tracker.llmsession", db_index=False, related_name="events")),
            ],
            options={
                "constraints": [once("event_seq_once", "project", "seq")],
                "indexes": [
                    index("event_of_session", "session", "at"),
                    index("event_newest", "at"),
                ],
            },
        ),
        migrations.CreateModel(
            "Compression",
            [
                ID,
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("event_id", models.CharField(blank=True, max_length=255)),
                ("lane", models.CharField(default="main", max_length=255)),
                ("model", models.CharField(blank=True, max_length=200)),
                ("origin", models.CharField(default="api", max_length=20)),
                ("performed_by", one_of("tracker", "client", max_length=7)),
                ("trigger", one_of(*TRIGGERS, max_length=9)),
                ("strategy", models.CharField(blank=True, max_length=64)),
                *tokens("before", "after"),
                *tokens("claimed_before", "claimed_after", "target", null=True),
                *numbers("before_message_count", "after_message_count", null=True),
                ("is_advice", models.BooleanField(default=False)),
                ("sets_gauge", models.BooleanField(default=False)),
                ("score", models.FloatField(null=True)),
                *numbers("facts_kept", "facts_lost", "used_again", null=True),
                ("verdicts", models.JSONField(blank=True, default=list)),
                ("review", one_of("pending", "accepted", "flagged", default="pending")),
                ("review_note", models.TextField(blank=True)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_by", may_name(settings.AUTH_USER_MODEL)),
                ("session", belongs_to("tracker.llmsession", db_index=False, related_name="compressions")),
                ("project", belongs_to("tracker.project", db_index=False)),
            ],
            options={
                "constraints": [once("compression_seq_once", "project", "seq")],
                "indexes": [
                    index("compression_of_session", "session", "at"),
                    index("compression_to_review", "project", "review", "at"),
                    index("compression_newest", "at"),
                ],
            },
        ),
        migrations.CreateModel(
            "CompressionText",
            [
                (
                    "compression",
                    models.OneToOneField(
                        "tracker.compression",
                        models.CASCADE,
                        primary_key=True,
                        related_name="text",
                        serialize=False,
                    ),
                ),
                ("summary", models.TextField(blank=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("plan", models.JSONField(null=True)),
                ("analysis", models.JSONField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            "Comparison",
            [
                ID,
                ("lane", models.CharField(max_length=255)),
                ("model", models.CharField(blank=True, max_length=200)),
                ("counter", models.CharField(blank=True, max_length=200)),
                *tokens(*PARTS, "reported", "cached"),
                ("at", models.DateTimeField()),
                ("is_anchor", models.BooleanField()),
                ("session", belongs_to("tracker.llmsession", related_name="comparisons")),
                ("project_id", models.BigIntegerField()),
            ],
            options={"constraints": [once("comparison_once", "project_id", "session", "lane")]},
        ),
        migrations.CreateModel(
            "LearntCalibration",
            [
                ID,
                ("model", models.CharField(blank=True, max_length=200)),
                ("counter", models.CharField(max_length=200)),
                ("state", models.JSONField()),
                ("updated_at", models.DateTimeField()),
                ("project", belongs_to("tracker.project")),
            ],
            options={
                "constraints": [once("calibration_once", "project", "model", "counter")],
                "verbose_name": "calibration",
            },
        ),
        migrations.CreateModel(
            "SourceActivity",
            [
                ID,
                ("source", models.CharField(max_length=32)),
                ("client", models.CharField(blank=True, max_length=120)),
                *counts("report_count", "twin_count", "rejected_count"),
                ("last_error", models.TextField(blank=True)),
                ("ignored", models.JSONField(default=dict)),
                ("last_at", models.DateTimeField()),
                ("project", belongs_to("tracker.project", related_name="sources")),
            ],
            options={
                "constraints": [once("source_once", "project", "source")],
                "verbose_name_plural": "source activity",
            },
        ),
        migrations.CreateModel(
            "Policy",
            [
                ID,
                ("name", models.CharField(max_length=200, unique=True)),
                (
                    "model_pattern",
                    models.CharField(
                        blank=True,
                        help_text="A model name; * matches anything.",
                        max_length=200,
                    ),
                ),
                *tokens("window", "reserved", blank=True, null=True),
                *threshold("warning"),
                *threshold("compress"),
                *threshold("critical"),
                *threshold("target"),
                *threshold("margin"),
                *threshold("min_reclaim"),
                *(
                    (name, optional_number())
                    for name in ("message_limit", "keep_first", "keep_last", "cooldown_seconds")
                ),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[("apply", "Apply"), ("advise", "Advise only")],
                        max_length=8,
                    ),
                ),
                ("summariser", models.CharField(blank=True, max_length=200)),
                ("counting", models.CharField(blank=True, max_length=64)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("session", belongs_to("tracker.llmsession", blank=True, null=True)),
                ("project", belongs_to("tracker.project", blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        Coalesce("project", 0),
                        models.F("model_pattern"),
                        Coalesce("session", 0),
                        name="policy_scope_once",
                        violation_error_message="A policy with this scope already exists.",
                    )
                ],
                "verbose_name_plural": "policies",
            },
        ),
        migrations.RunPython(make_default_policy, migrations.RunPython.noop),
    ]
