"""The effective policy of a session, field by field: what, how much, who said so."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import capfirst

from tracker.domain.budget.policy import STOPS, BudgetPolicy, Limits
from tracker.domain.budget.resolution import EffectivePolicy

# Where the label is not the field's name with spaces. The form has the same (LABELS).
WORDS = {
    "window_tokens": "window",
    "reserved_tokens": "reserve",
    "min_reclaim_tokens": "minimum to free (tokens)",
    "min_reclaim": "minimum to free (% of used)",
    "cooldown_seconds": "cooldown",
    "gateway_message_limit": "gateway: limit messages of",
    "gateway_wait_seconds": "gateway: added wait at most",
    "gateway_cold_share": "gateway: with a cold cache from",
    "gateway_control_share": "gateway: leave uncompressed",
    "gateway_session_tokens": "gateway: stop a session at (tokens)",
    "gateway_session_dollars": "gateway: stop a session at (US dollars)",
    "gateway_month_dollars": "gateway: stop a project's month at (US dollars)",
}


def _share(percent: int) -> str:
    return f"{percent} %" if percent else "off"


def _limit(number: int) -> str:
    return f"{number:,}" if number else "off"


def word_of(field: str) -> str:
    return WORDS.get(field, field.replace("_", " "))


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """`level` where the row is a threshold; `origin` names the policy that said it."""

    word: str
    value: str
    detail: str
    origin: str
    level: str = ""
    group: str = ""  # a heading over rows that follow each other


BUILT_IN = BudgetPolicy()


def is_gateway_as_built_in(effective: EffectivePolicy) -> bool:
    """Whether no policy changes what the gateway does by itself."""
    fields = [name for name in WORDS if name.startswith("gateway_")]
    return all(
        getattr(effective.policy, name) == getattr(BUILT_IN, name) for name in fields
    )


def judged_by_rows(effective: EffectivePolicy, limits: Limits) -> list[PolicyRow]:
    policy, origins = effective.policy, effective.origins
    thresholds = [
        PolicyRow(name.capitalize(), f"{tokens:,}", str(threshold), origins[name], name)
        for name, tokens, threshold in (
            ("warning", limits.warning_tokens, policy.warning),
            ("compress", limits.compress_tokens, policy.compress),
            ("critical", limits.critical_tokens, policy.critical),
        )
    ]
    plain = [
        ("target", f"{limits.target_tokens:,}", str(policy.target)),
        ("margin", f"{limits.margin_tokens:,}", str(policy.margin)),
        ("reserved_tokens", f"{limits.reserved_tokens:,}", "tokens"),
        ("message_limit", f"{policy.message_limit:,}", "messages"),
        ("keep_first", f"{policy.keep_first:,}", "messages"),
        ("keep_last", f"{policy.keep_last:,}", "messages"),
        ("mode", policy.mode, ""),
        ("summariser", policy.summariser, ""),
        ("counting", policy.counting, ""),
        ("min_reclaim_tokens", f"{policy.min_reclaim_tokens:,}", "tokens"),
        ("min_reclaim", str(policy.min_reclaim), ""),
        ("cooldown_seconds", f"{policy.cooldown_seconds:,}", "seconds"),
        ("gateway_message_limit", policy.gateway_message_limit, ""),
        ("gateway_wait_seconds", str(policy.gateway_wait_seconds), "seconds"),
        ("gateway_cold_share", _share(policy.gateway_cold_share), ""),
        ("gateway_control_share", _share(policy.gateway_control_share), ""),
        *((name, _limit(getattr(policy, name)), "") for name in STOPS),
    ]
    return thresholds + [
        _row(word_of(field), value, detail, origins[field])
        for field, value, detail in plain
    ]


def _row(word: str, value: str, detail: str, origin: str) -> PolicyRow:
    """`gateway: leave uncompressed` is *Leave uncompressed* under *Gateway*."""
    group, _, rest = word.rpartition(": ")
    return PolicyRow(capfirst(rest), value, detail, origin, group=capfirst(group))
