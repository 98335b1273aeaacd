"""What goes out: alerts, log lines; and the views that a person saves."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel
from django.db.models import Q

from tracker.migrations._first_release.columns import (
    ID,
    LEVELS,
    belongs_to,
    index,
    is_of,
    may_name,
    once,
    one_of,
)
from tracker.models.outgoing.alerts import new_secret

CHANNELS = [
    ("webhook", "Webhook"),
    ("slack", "Slack"),
    ("discord", "Discord"),
    ("email", "E-mail"),
]
RULES = [
    ("level", "a session reaches a level"),
    ("event", "a session crosses any threshold, up or down"),
    ("lost", "a compression loses an instruction"),
    ("score", "a compression scores below a number"),
    ("missed", "a compression misses its target"),
    ("suspected", "a compression is suspected"),
    ("flagged", "a reviewer flags a compression"),
    ("silent", "no report came for a number of minutes"),
    ("diverging", "counted tokens and reported ones differ"),
    ("stopped", "the gateway stops a session at its budget"),
    ("spend", "the cost of a month passes a number of dollars"),
]
STATES = [("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Not delivered")]

TABLES = [
    CreateModel(
        "AlertChannel",
        [
            ID,
            ("name", models.CharField(max_length=100)),
            ("kind", models.CharField(choices=CHANNELS, max_length=8)),
            ("target", models.CharField(max_length=1000)),
            ("secret", models.CharField(default=new_secret, max_length=64)),
            ("site_address", models.CharField(max_length=300)),
            ("project", belongs_to("tracker.project")),
        ],
    ),
    CreateModel(
        "AlertRule",
        [
            ID,
            ("name", models.CharField(max_length=100)),
            ("kind", models.CharField(choices=RULES, max_length=9)),
            ("level", one_of(*LEVELS, default="critical")),
            ("number", models.FloatField(blank=True, null=True)),
            ("model_pattern", models.CharField(blank=True, max_length=200)),
            ("metadata_key", models.CharField(blank=True, max_length=100)),
            ("metadata_value", models.CharField(blank=True, max_length=200)),
            ("quiet_from", models.TimeField(blank=True, null=True)),
            ("quiet_until", models.TimeField(blank=True, null=True)),
            ("zone", models.CharField(default="UTC", max_length=60)),
            ("is_on", models.BooleanField(default=True)),
            ("channel", belongs_to("tracker.alertchannel")),
            ("project", belongs_to("tracker.project")),
            ("digest_at", models.TimeField(blank=True, null=True)),
        ],
    ),
    CreateModel(
        "AlertDelivery",
        [
            ID,
            ("about", models.CharField(max_length=100)),
            ("message_id", models.UUIDField(default=uuid.uuid4, unique=True)),
            ("message", models.JSONField()),
            ("created_at", models.DateTimeField()),
            ("due_at", models.DateTimeField()),
            ("attempts", models.IntegerField(default=0)),
            ("state", models.CharField(choices=STATES, default="waiting", max_length=7)),
            ("answer", models.CharField(blank=True, max_length=300)),
            ("answered_at", models.DateTimeField(null=True)),
            ("channel", belongs_to("tracker.alertchannel")),
            ("project", belongs_to("tracker.project")),
            ("rule", may_name("tracker.alertrule")),
            ("is_gathered", models.BooleanField(default=False)),
        ],
        options={
            "constraints": [once("alert_once", "rule", "about")],
            "indexes": [
                index("alert_waiting", "due_at", condition=Q(state="waiting")),
                index("alert_log", "project", "created_at"),
            ],
            "verbose_name_plural": "alert deliveries",
        },
    ),
    CreateModel(
        "LogExport",
        [
            ("project", is_of("tracker.project")),
            ("seq", models.BigIntegerField()),
            ("claimed_until", models.DateTimeField(null=True)),
        ],
    ),
    CreateModel(
        "SavedView",
        [
            ID,
            ("name", models.CharField(max_length=60)),
            ("query", models.CharField(blank=True, max_length=1000)),
            ("owner", belongs_to(settings.AUTH_USER_MODEL)),
            ("project", belongs_to("tracker.project", null=True)),
        ],
        options={"constraints": [once("view_once", "owner", "name")]},
    ),
]
