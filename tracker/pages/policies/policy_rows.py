"""The rows of a policy's form: fields, unit, hint, errors, and what they inherit."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst

from tracker.domain.budget.policy import STOPS
from tracker.pages.policies.form import PolicyNumbersForm

GROUPS = {
    "window": ("window_tokens", "reserved_tokens"),
    "thresholds": ("warning", "compress", "critical", "margin"),
    "compression": (
        "mode",
        "target",
        "message_limit",
        "min_reclaim_tokens",
        "min_reclaim_percent",
        "cooldown_seconds",
        "summariser",
        "counting",
    ),
    "gateway": (
        "gateway_message_limit",
        "gateway_wait_seconds",
        "gateway_cold_share",
        "gateway_control_share",
        *STOPS,
    ),
}


def shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def form_rows(
    form: PolicyNumbersForm, names: tuple[str, ...], scale: Any
) -> list[dict[str, Any]]:
    """Each row: its fields (a threshold has two), hint, errors and tokens."""
    rows = []
    for name in names:
        is_threshold = f"{name}_percent" in form.fields and name != "min_reclaim"
        fields = (
            [form[f"{name}_percent"], form[f"{name}_tokens"]]
            if is_threshold
            else [form[name]]
        )
        rows.append(
            {
                "name": name,
                "label": _label(fields[0]),
                "fields": fields,
                "is_threshold": is_threshold,
                "level": name if name in ("warning", "compress", "critical") else "",
                "unit": UNITS.get(name, ""),
                "hint": HINTS.get(name, ""),
                "errors": [e for f in fields for e in f.errors],
                "tokens": scale.tokens.get(name) if scale and is_threshold else None,
                "origin": _origin(fields, name, scale),
            }
        )
    return rows


def _label(field: Any) -> str:
    """`Gateway: leave uncompressed` stands in the panel *Gateway*: its name is not
    repeated in each row.
    """
    group, _, rest = str(field.label).partition(": ")
    return str(capfirst(rest)) if group == "Gateway" else str(field.label)


def _origin(fields: list[Any], name: str, scale: Any) -> str:
    """Where this policy leaves the field empty: the value, and who says it."""
    if any(f.value() not in (None, "") for f in fields) or scale is None:
        return ""
    value = getattr(scale.effective.policy, name.removesuffix("_percent"), "")
    origin = scale.effective.origins.get(name.removesuffix("_percent"), "")
    return f"{shown(value)}, from {origin}"


UNITS = {
    "window_tokens": "tokens",
    "reserved_tokens": "tokens",
    "message_limit": "messages",
    "min_reclaim_tokens": "tokens",
    "min_reclaim_percent": "%",
    "cooldown_seconds": "seconds",
    "gateway_wait_seconds": "seconds",
    "gateway_cold_share": "% of available",
    "gateway_control_share": "% of conversations",
    "gateway_session_tokens": "tokens",
    "gateway_session_dollars": "US dollars",
    "gateway_month_dollars": "US dollars",
}
HINTS = {
    "window_tokens": "Used when neither the report nor the model catalogue gives one.",
    "reserved_tokens": "Kept free for the answer.",
    "margin": "A falling level fires only this far below its threshold.",
    "mode": "Advise only: plan and record a compression, change no message. "
    "Observe only: only judge.",
    "gateway_message_limit": "An agent passes 20 messages within minutes.",
    "gateway_wait_seconds": "Then the call goes out as it came.",
    "gateway_cold_share": "When the provider's cache has expired anyway; 0: off.",
    "gateway_control_share": "To compare with; 0: none.",
    "gateway_session_tokens": "Input and output of all its requests; 0: no limit.",
    "gateway_session_dollars": "At list prices; 0: no limit.",
    "gateway_month_dollars": "Of a calendar month (UTC), all its sessions; "
    "0: no limit.",
    "cooldown_seconds": "Between two compressions. Critical and exceeded do not wait.",
    "message_limit": "Above this many messages, compression is due.",
    "min_reclaim_tokens": "A compression that would free less is skipped.",
    "counting": "How text is counted when no usage is reported.",
}
