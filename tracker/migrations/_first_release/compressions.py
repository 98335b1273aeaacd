"""Compressions, what was kept of them, and what people said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel
from django.db.models import Q

from tracker.migrations._first_release.columns import (
    ID,
    PARTS,
    belongs_to,
    index,
    is_of,
    may_name,
    numbers,
    once,
    one_of,
    tokens,
)

TRIGGERS = ("messages", "budget", "critical", "exceeded", "manual", "auto", "suspected")

TABLES = [
    CreateModel(
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
            ("reviewed_by", may_name(settings.AUTH_USER_MODEL, blank=True)),
            ("session", belongs_to("tracker.llmsession", db_index=False, related_name="compressions")),
            ("project", belongs_to("tracker.project", db_index=False)),
            ("refused_at", models.DateTimeField(null=True)),
            ("is_reviewable", models.BooleanField(db_default=True, default=True)),
        ],
        options={
            "constraints": [once("compression_seq_once", "project", "seq")],
            "indexes": [
                index("compression_of_session", "session", "at"),
                index("compression_to_review", "project", "review", "at"),
                index("compression_newest", "at"),
                index(
                    "compression_waiting", "project", "at",
                    condition=Q(is_reviewable=True, review="pending"),
                ),
            ],
        },
    ),
    CreateModel(
        "CompressionText",
        [
            ("compression", is_of("tracker.compression", related_name="text")),
            ("summary", models.TextField(blank=True)),
            ("before", models.JSONField(null=True)),
            ("after", models.JSONField(null=True)),
            ("plan", models.JSONField(null=True)),
            ("analysis", models.JSONField(null=True)),
            ("project_id", models.BigIntegerField(null=True)),
        ],
    ),
    CreateModel(
        "CompressionComposition",
        [
            ("project_id", models.BigIntegerField(null=True)),
            *tokens(*PARTS, "unattributed", default=0),
            ("packed", models.TextField()),
            ("compression", is_of("tracker.compression", related_name="composition")),
        ],
        options={"abstract": False},
    ),
    CreateModel(
        "StoredCut",
        [
            ("compression", is_of("tracker.compression", related_name="cut")),
            ("project_id", models.BigIntegerField(null=True)),
            ("lane", models.CharField(default="main", max_length=255)),
            ("message_count", models.BigIntegerField()),
            ("digest", models.BinaryField(max_length=16)),
            ("replacement", models.BinaryField()),
            *tokens("history", "system", default=0),
            ("counter", models.CharField(blank=True, max_length=255)),
            *numbers("new_messages", default=0),
            ("dialect", models.CharField(blank=True, max_length=20)),
            ("session", belongs_to("tracker.llmsession", related_name="cuts")),
        ],
    ),
    CreateModel(
        "DueReview",
        [
            ("text", is_of("tracker.compressiontext")),
            ("project", belongs_to("tracker.project")),
        ],
    ),
    CreateModel(
        "CompressionAssignment",
        [
            ("compression", is_of("tracker.compression", related_name="assignment")),
            ("assignee", belongs_to(settings.AUTH_USER_MODEL)),
        ],
    ),
    CreateModel(
        "CompressionComment",
        [
            ID,
            ("author_name", models.CharField(max_length=150)),
            ("at", models.DateTimeField()),
            ("text", models.TextField()),
            ("author", may_name(settings.AUTH_USER_MODEL)),
            ("compression", belongs_to("tracker.compression", related_name="comments")),
        ],
    ),
]
