"""The effective policy of a session, field by field: what, how much, who said so."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.policy import Limits
from tracker.domain.resolution import EffectivePolicy


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """`level` where the row is a threshold; `origin` names the policy that said it."""

    word: str
    value: str
    detail: str
    origin: str
    level: str = ""


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
        ("Target", f"{limits.target_tokens:,}", str(policy.target), "target"),
        ("Margin", f"{limits.margin_tokens:,}", str(policy.margin), "margin"),
        ("Reserve", f"{limits.reserved_tokens:,}", "tokens", "reserved_tokens"),
        ("Message limit", f"{policy.message_limit:,}", "messages", "message_limit"),
        ("Keep first", f"{policy.keep_first:,}", "messages", "keep_first"),
        ("Keep last", f"{policy.keep_last:,}", "messages", "keep_last"),
        ("Mode", policy.mode, "", "mode"),
        ("Summariser", policy.summariser, "", "summariser"),
        ("Counting", policy.counting, "", "counting"),
        (
            "Least to free",
            f"{policy.min_reclaim_tokens:,}",
            "tokens",
            "min_reclaim_tokens",
        ),
        ("And a share of", str(policy.min_reclaim), "", "min_reclaim"),
        ("Cooldown", f"{policy.cooldown_seconds:,}", "seconds", "cooldown_seconds"),
    ]
    return thresholds + [PolicyRow(w, v, d, origins[f]) for w, v, d, f in plain]
