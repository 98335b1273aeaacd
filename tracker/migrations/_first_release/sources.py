"""Where reports come from, how far they were read, and what is learnt of their counts."""

from __future__ import annotations

from django.db import models
from django.db.migrations import CreateModel

from tracker.migrations._first_release.columns import (
    ID,
    PARTS,
    belongs_to,
    counts,
    index,
    once,
    tokens,
)
from tracker.migrations._special_tables import CreateAsUpgraded

ACTIONS = [
    ("untouched", "untouched"),
    ("cut", "with an earlier cut"),
    ("compressed", "compressed"),
    ("rescued", "prompt too long, rescued"),
    ("refused", "refused, sent as it came"),
    ("stopped", "stopped at its budget"),
]

TABLES = [
    CreateModel(
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
    CreateAsUpgraded(
        "ReadFile",
        [
            ID,
            ("name", models.CharField(max_length=32)),
            ("look", models.CharField(blank=True, max_length=80)),
            ("state", models.TextField()),
            ("read_by", models.CharField(max_length=40)),
            ("is_finished", models.BooleanField(default=False)),
            ("project", belongs_to("tracker.project")),
            ("sessions", models.TextField(default="[]")),
            ("below", models.CharField(blank=True, default="", max_length=32)),
        ],
        options={"constraints": [once("read_file_once", "project", "name")]},
    ),
    CreateModel(
        "DeletedFile",
        [
            ID,
            ("at", models.DateTimeField()),
            (
                "session",
                models.OneToOneField(
                    "tracker.llmsession", models.CASCADE, related_name="deleted_file"
                ),
            ),
        ],
    ),
    CreateModel(
        "PlanLimitState",
        [
            ID,
            ("client", models.CharField(max_length=32)),
            ("minutes", models.IntegerField()),
            ("used_ratio", models.FloatField()),
            ("resets_at", models.DateTimeField(null=True)),
            ("at", models.DateTimeField()),
            ("project", belongs_to("tracker.project", related_name="plan_limits")),
        ],
        options={
            "constraints": [once("plan_limit_once", "project", "client", "minutes")]
        },
    ),
    CreateModel(
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
            ("client", models.CharField(blank=True, default="", max_length=80)),
        ],
        options={"constraints": [once("comparison_once", "project_id", "session", "lane")]},
    ),
    CreateModel(
        "LearntCalibration",
        [
            ID,
            ("model", models.CharField(blank=True, max_length=200)),
            ("counter", models.CharField(max_length=200)),
            ("state", models.JSONField()),
            ("updated_at", models.DateTimeField()),
            ("project", belongs_to("tracker.project")),
            ("client", models.CharField(blank=True, default="", max_length=80)),
        ],
        options={
            "constraints": [
                once("calibration_once", "project", "model", "counter", "client")
            ],
            "verbose_name": "calibration",
        },
    ),
    CreateModel(
        "GatewayCall",
        [
            ID,
            ("lane", models.CharField(default="main", max_length=255)),
            ("at", models.DateTimeField()),
            ("upstream", models.CharField(max_length=40)),
            ("status", models.PositiveSmallIntegerField()),
            (
                "action",
                models.CharField(choices=ACTIONS, default="untouched", max_length=10),
            ),
            ("is_control", models.BooleanField(default=False)),
            ("request_bytes", models.BigIntegerField()),
            ("sent_bytes", models.BigIntegerField()),
            ("added_ms", models.FloatField()),
            ("waited_ms", models.FloatField(default=0.0)),
            ("first_byte_ms", models.FloatField(null=True)),
            ("compression_id", models.BigIntegerField(null=True)),
            *tokens("input", "cache_read", "cache_creation", null=True),
            ("project", belongs_to("tracker.project", db_index=False)),
            ("session", belongs_to("tracker.llmsession", db_index=False, null=True)),
        ],
        options={
            "indexes": [
                index("gateway_call_newest", "project", "at"),
                index("gateway_call_of_session", "session", "at"),
                index("gateway_call_at", "at"),
            ],
        },
    ),
]
