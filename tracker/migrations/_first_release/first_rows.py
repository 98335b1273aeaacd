"""What a new database holds: the default policy, and the providers everybody has."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

# Every field set: nothing is less specific that could say what is left open here.
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
    "counting": "by_script",
    "gateway_message_limit": "chats",
    "gateway_wait_seconds": 2,
    "gateway_cold_share": 0,
    "gateway_control_share": 0,
    "gateway_session_tokens": 0,
    "gateway_session_dollars": 0,
    "gateway_month_dollars": 0,
}
PROVIDERS = (
    ("anthropic", "https://api.anthropic.com", "anthropic"),
    ("openai", "https://api.openai.com", "openai"),
    # Where Codex sends its calls after a login with ChatGPT.
    ("chatgpt", "https://chatgpt.com/backend-api/codex", "openai"),
    ("gemini", "https://generativelanguage.googleapis.com", "gemini"),
)


def make_default_policy(apps, _):
    policies = apps.get_model("tracker", "Policy").objects
    policies.create(name="default", **DEFAULT_POLICY)


def add_providers(apps, _):
    upstreams = apps.get_model("tracker", "Upstream").objects
    for name, base_url, dialect in PROVIDERS:
        upstreams.get_or_create(
            name=name,
            defaults={
                "base_url": base_url,
                "dialect": dialect,
                "updated_at": timezone.now(),
            },
        )
