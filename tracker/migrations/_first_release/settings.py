"""What people set: policies, models, upstreams."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.migrations import CreateModel
from django.db.models.functions import Coalesce

from tracker.migrations._first_release.columns import (
    ID,
    belongs_to,
    counts,
    optional_number,
    tokens,
)
from tracker.models.settings.upstreams import check_base_url


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


TABLES = [
    CreateModel("ConfigVersion", [ID, *counts("number")]),
    CreateModel(
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
    CreateModel(
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
                    choices=[
                        ("apply", "Apply"),
                        ("advise", "Advise only"),
                        ("observe", "Observe only"),
                    ],
                    max_length=8,
                ),
            ),
            ("summariser", models.CharField(blank=True, max_length=200)),
            ("counting", models.CharField(blank=True, max_length=64)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            ("session", belongs_to("tracker.llmsession", blank=True, null=True)),
            ("project", belongs_to("tracker.project", blank=True, null=True)),
            ("gateway_cold_share", optional_number()),
            ("gateway_control_share", optional_number()),
            (
                "gateway_message_limit",
                models.CharField(
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
            ("gateway_wait_seconds", optional_number()),
            ("gateway_month_dollars", optional_number()),
            ("gateway_session_dollars", optional_number()),
            (
                "gateway_session_tokens",
                models.PositiveBigIntegerField(blank=True, null=True),
            ),
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
    CreateModel(
        "Upstream",
        [
            ID,
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
                    validators=[check_base_url],
                    verbose_name="base URL",
                ),
            ),
            (
                "dialect",
                models.CharField(
                    choices=[
                        (name, name)
                        for name in ("anthropic", "openai", "gemini", "other")
                    ],
                    default="openai",
                    max_length=12,
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={"ordering": ["name"]},
    ),
]
