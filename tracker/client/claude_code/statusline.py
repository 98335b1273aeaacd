"""Claude Code's status line: a gauge of the context window, and its report."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from tracker.client.reporting.answers import occupancy
from tracker.domain.budget.policy import BudgetPolicy, PolicyError
from tracker.domain.budget.status import BudgetStatus, evaluate, percent_text

CELLS = 10
_COLOURS = {
    "ok": "32",
    "warning": "33",
    "compress": "38;5;208",
    "critical": "31",
    "exceeded": "1;31",
}


@dataclass(frozen=True, slots=True)
class Statusline:
    """What Claude Code passes to its status line command, as far as it is used here.

    `usage` is None until the session's first request. `window_tokens` is None if
    Claude Code does not say how large the context window is.
    """

    session: str
    model: str
    model_name: str
    window_tokens: int | None
    usage: dict[str, int] | None
    api_milliseconds: int
    project: str = ""  # its folder
    rate_limits: Mapping[str, Any] | None = None  # of its plan, as they were told

    @property
    def used_tokens(self) -> int:
        return occupancy(self.usage) if self.usage else 0


def read_statusline(data: Any) -> Statusline:
    """From the JSON on the command's standard input. Anything missing or of another
    type counts as not said.
    """
    window = _part(data, "context_window")
    usage = _part(window, "current_usage")
    model, cost = _part(data, "model"), _part(data, "cost")
    size = _number(window.get("context_window_size"))
    return Statusline(
        session=str(_part({"data": data}, "data").get("session_id") or ""),
        model=str(model.get("id") or ""),
        model_name=str(model.get("display_name") or model.get("id") or ""),
        window_tokens=size or None,
        usage={name: _number(value) for name, value in usage.items()} or None,
        api_milliseconds=_number(cost.get("total_api_duration_ms")),
        project=str(_part(data, "workspace").get("project_dir") or ""),
        rate_limits=_part(data, "rate_limits") or None,
    )


def gauge_line(line: Statusline, *, colours: bool) -> str:
    """One line for a terminal, like
    `▰▰▰▱▱▱▱▱▱▱ 36.9 % of 196,000 · 123,660 left · ok · Sonnet 4.5`.

    The level is that of the default policy. The server's policy may differ, but
    asking the server would hold up the prompt.
    """
    if line.usage is None:
        return f"{'▱' * CELLS} no request yet · {line.model_name}".rstrip(" ·")
    try:
        status = evaluate(
            BudgetPolicy(),
            line.used_tokens,
            window_tokens=line.window_tokens,
            source="reported",
        )
    except PolicyError:
        return f"{line.used_tokens:,} tokens used · {line.model_name}".rstrip(" ·")
    return " · ".join((*_words(status, colours), line.model_name)).rstrip(" ·")


def _words(status: BudgetStatus, colours: bool) -> tuple[str, ...]:
    available = status.limits.available_tokens
    full = min(CELLS, status.used_tokens * CELLS // available)
    bar = "▰" * full + "▱" * (CELLS - full)
    level = status.level
    if colours:
        bar = f"\x1b[{_COLOURS[level]}m{bar}\x1b[0m"
        level = f"\x1b[{_COLOURS[level]}m{level}\x1b[0m"
    used = percent_text(status.used_tokens, available)
    left = f"{abs(status.remaining_tokens):,} "
    left += "left" if status.remaining_tokens >= 0 else "over"
    return f"{bar} {used} of {available:,}", left, level


def report_of(
    line: Statusline, *, compact_at_tokens: int | None = None
) -> dict[str, Any] | None:
    """The usage report of this window; None before the session's first request.

    Claude Code runs the command many times after one request. Then the event id is
    the same each time, and the server stores one report.
    """
    if not line.session or line.usage is None or not line.used_tokens:
        return None
    request = json.dumps([line.usage, line.api_milliseconds], sort_keys=True)
    body: dict[str, Any] = {
        "session": line.session[:255],
        "event_id": f"statusline-{sha256(request.encode()).hexdigest()[:24]}",
        "at": datetime.now(UTC).isoformat(),
        "model": line.model[:200],
        "usage": line.usage,
        "metadata": {"client": "claude-code statusline"},
    }
    if line.window_tokens:
        body["window_tokens"] = line.window_tokens
    if line.rate_limits:
        body["rate_limits"] = line.rate_limits
    if compact_at_tokens:
        body["compact_at_tokens"] = compact_at_tokens
    return body


def is_told_by_telemetry(environment: Mapping[str, str], url: str) -> bool:
    """Whether Claude Code's telemetry reports to the server at `url` already.

    Then the status line need not: telemetry reports each request, also of sub-agents.
    """
    endpoint = environment.get("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") or environment.get(
        "OTEL_EXPORTER_OTLP_ENDPOINT", ""
    )
    return (
        environment.get("CLAUDE_CODE_ENABLE_TELEMETRY") in ("1", "true")
        and "otlp" in environment.get("OTEL_LOGS_EXPORTER", "")
        and bool(url)
        and endpoint.startswith(url)
    )


def _part(data: Any, name: str) -> Mapping[str, Any]:
    value = data.get(name) if isinstance(data, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return max(0, int(value)) if is_number and math.isfinite(value) else 0
