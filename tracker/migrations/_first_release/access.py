"""Projects, who may see them, and what was done."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from tracker.migrations._first_release.columns import (
    ID,
    LEVELS,
    belongs_to,
    counts,
    may_name,
    once,
    one_of,
    optional_number,
)
from tracker.models.access.api_keys import all_scopes
from tracker.models.projects import check_patterns

AUDITED = [
    ("login", "Logged in"),
    ("login_failed", "Failed to log in"),
    ("logout", "Logged out"),
    ("key_created", "Made an API key"),
    ("key_revoked", "Revoked an API key"),
    ("policy_changed", "Changed a policy"),
    ("policy_deleted", "Deleted a policy"),
    ("upstream_set", "Set an upstream"),
    ("upstream_removed", "Removed an upstream"),
    ("alert_changed", "Changed an alert"),
    ("alert_removed", "Removed an alert"),
    ("member_added", "Added a member"),
    ("share_made", "Made a shared link"),
    ("share_revoked", "Revoked a shared link"),
    ("review", "Reviewed a compression"),
    ("told", "Told the team of a loss"),
    ("admin_changed", "Changed in the admin"),
    ("session_deleted", "Deleted a session"),
    ("project_deleted", "Deleted a project"),
    ("export", "Exported"),
]

TABLES = [
    CreateModel(
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
            ("deletion_began_at", models.DateTimeField(editable=False, null=True)),
        ],
        options={"ordering": ["name"]},
    ),
    CreateModel(
        "ProjectMember",
        [
            ID,
            ("role", one_of("viewer", "reviewer", "admin", default="viewer")),
            ("project", belongs_to("tracker.project", related_name="members")),
            ("user", belongs_to(settings.AUTH_USER_MODEL, related_name="project_members")),
        ],
        options={"constraints": [once("member_once", "project", "user")]},
    ),
    CreateModel(
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
    CreateModel(
        "LoginLink",
        [
            ID,
            ("token_hash", models.CharField(max_length=64, unique=True)),
            ("expires_at", models.DateTimeField()),
            ("used_at", models.DateTimeField(blank=True, null=True)),
            ("user", belongs_to(settings.AUTH_USER_MODEL)),
        ],
    ),
    CreateModel(
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
            ("project", may_name("tracker.project", blank=True)),
            ("user", may_name(settings.AUTH_USER_MODEL, blank=True)),
        ],
        options={"ordering": ["-at", "-pk"], "verbose_name_plural": "audit entries"},
    ),
    CreateModel(
        "ShareLink",
        [
            ID,
            ("model", models.CharField(blank=True, max_length=200)),
            ("shows", one_of("page", "badge", max_length=5)),
            ("made_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField()),
            ("revoked_at", models.DateTimeField(null=True)),
            (
                "compression",
                belongs_to("tracker.compression", null=True),
            ),
            ("made_by", may_name(settings.AUTH_USER_MODEL)),
            ("project", belongs_to("tracker.project")),
            ("session", belongs_to("tracker.llmsession", null=True)),
        ],
        options={"verbose_name": "shared link"},
    ),
]
