"""Sessions, what they hold, and what was reported of them."""

from __future__ import annotations

from django.db import models
from django.db.migrations import CreateModel

from tracker.migrations._first_release.columns import (
    ID,
    LEVELS,
    PARTS,
    belongs_to,
    counts,
    index,
    key,
    numbers,
    once,
    one_of,
    tokens,
)
from tracker.migrations._special_tables import (
    AddIndexOnSQLite,
    CreateAsUpgraded,
    CreateEventKey,
    CreateUsageSample,
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
    ("window_source", models.CharField(default="default", max_length=14)),
    ("available_tokens", models.BigIntegerField(default=196_000)),
    ("policy_name", models.CharField(default="default", max_length=200)),
    ("used_ratio", models.FloatField(default=0.0)),
    ("level", one_of(*LEVELS, default="ok")),
    ("event_level", one_of(*LEVELS, default="ok")),
    ("first_at", models.DateTimeField(null=True)),
    ("last_at", models.DateTimeField(null=True)),
    *counts("sample_count"),
]


def of_its_session(**options):
    """No reference for PostgreSQL to check; SQLite has one, by its own SQL."""
    return belongs_to(
        "tracker.llmsession", db_constraint=False, db_index=False, **options
    )


TABLES = [
    CreateAsUpgraded(
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
            ("compact_at_tokens", models.BigIntegerField(null=True)),
        ],
        options={
            "constraints": [once("session_key_once", "project", "key")],
            "indexes": [
                index("session_fullest", "project", "used_ratio"),
                index("session_changed", "changed_us"),
                index("session_active", "project", "last_at", "level"),
                index("session_fullest_all", "used_ratio", "id"),
                index("session_newest_all", "last_at", "id"),
                index("session_origin", "project", "origin"),
            ],
            "verbose_name": "session",
        },
    ),
    CreateAsUpgraded(
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
            ("window_source", models.CharField(max_length=14)),
            *tokens("available"),
            ("level", one_of(*LEVELS)),
            ("source", models.CharField(max_length=10)),
            ("parts_source", models.CharField(blank=True, max_length=10)),
            ("origin", models.CharField(max_length=20)),
            ("is_late", models.BooleanField(default=False)),
            ("is_clock_skewed", models.BooleanField(default=False)),
            ("project", belongs_to("tracker.project", db_constraint=False, db_index=False)),
            ("session", of_its_session(related_name="samples")),
            ("implausible", models.CharField(blank=True, default="", max_length=12)),
            ("partial", models.CharField(blank=True, default="", max_length=12)),
            *tokens("cache_hour", null=True),
            ("added", models.TextField(blank=True, default="")),
            ("cache_reason", models.CharField(max_length=64, null=True)),
        ],
    ),
    AddIndexOnSQLite("usagesample", index("sample_of_session", "session", "at")),
    CreateEventKey(
        "EventKey",
        [
            ("session", of_its_session()),
            ("digest", models.BinaryField(max_length=16)),
            ("at", models.DateTimeField()),
            ("project_id", models.BigIntegerField(null=True)),
            ("pk", key("session_id", "digest")),
        ],
    ),
    CreateEventKey(
        "PackedKeys",
        [
            ("session", of_its_session()),
            ("first", models.BinaryField(max_length=16)),
            ("keys", models.BinaryField()),
            ("oldest_at", models.DateTimeField()),
            ("project_id", models.BigIntegerField()),
            ("pk", key("session_id", "first")),
        ],
    ),
    CreateModel(
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
    CreateModel(
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
    CreateModel(
        "LaneComposition",
        [
            ID,
            ("project_id", models.BigIntegerField(null=True)),
            *tokens(*PARTS, "unattributed", default=0),
            ("packed", models.TextField()),
            ("lane", models.CharField(default="main", max_length=255)),
            ("at", models.DateTimeField()),
            ("session", belongs_to("tracker.llmsession", related_name="compositions")),
        ],
        options={
            "constraints": [once("composition_once", "project_id", "session", "lane")]
        },
    ),
    CreateModel(
        "SessionTag",
        [
            ID,
            ("name", models.CharField(max_length=40)),
            ("session", belongs_to("tracker.llmsession", related_name="tags")),
            ("project_id", models.BigIntegerField()),
        ],
        options={"constraints": [once("tag_once", "project_id", "name", "session")]},
    ),
]
