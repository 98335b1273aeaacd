"""Plan limits: how much of a subscription's five hours or week is used.

Told by Claude Code's status line (`rate_limits`), by Anthropic's answers to a
subscription (`anthropic-ratelimit-unified-5h-utilization: 0.43`), by the ChatGPT
backend's answers to Codex (`x-codex-primary-used-percent: 12.5`), and by Codex's
session files (`rate_limits` of a `token_count`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

CLAUDE, CODEX = "claude_code", "codex"
HOURS, WEEK = 5 * 60, 7 * 24 * 60  # minutes
MOST_MINUTES = 366 * 24 * 60
MOST_RATIO = 100.0
HEADERS = (b"anthropic-ratelimit-unified-", b"x-codex-")
LONGEST_NAME = 80
_CLAUDE_WINDOWS = {"five_hour": HOURS, "seven_day": WEEK}
_UNIFIED = {"5h": HOURS, "7d": WEEK}


@dataclass(frozen=True, slots=True)
class PlanLimit:
    """What was said at `at`. `used_ratio` is 0.43 for 43 %, and may pass 1."""

    client: str
    minutes: int  # how long its window is
    used_ratio: float
    resets_at: datetime | None
    at: datetime


def claude_limits(told: Any, at: datetime) -> tuple[PlanLimit, ...]:
    """Of `{"five_hour": {"used_percentage": 23.5, "resets_at": 1738425600}, …}`."""
    found = []
    for name, minutes in _CLAUDE_WINDOWS.items():
        part = told.get(name) if isinstance(told, Mapping) else None
        if isinstance(part, Mapping):
            used, resets = part.get("used_percentage"), part.get("resets_at")
            found.append(_limit(CLAUDE, minutes, used, _moment(resets), at))
    return tuple(limit for limit in found if limit)


def codex_limits(told: Any, at: datetime) -> tuple[PlanLimit, ...]:
    """Of `{"primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": …}}`
    and `secondary`; older versions say `resets_in_seconds`.
    """
    found = []
    for name in ("primary", "secondary"):
        part = told.get(name) if isinstance(told, Mapping) else None
        if not isinstance(part, Mapping):
            continue
        resets = _moment(part.get("resets_at")) or _after(
            part.get("resets_in_seconds"), at
        )
        minutes = part.get("window_minutes")
        found.append(_limit(CODEX, minutes, part.get("used_percent"), resets, at))
    return tuple(limit for limit in found if limit)


def header_limits(
    headers: Iterable[tuple[bytes, bytes]], at: datetime
) -> tuple[PlanLimit, ...]:
    """Of an answer's headers, in any case."""
    named = (
        (name.lower(), value) for name, value in headers if len(name) <= LONGEST_NAME
    )
    told = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in named
        if name.startswith(HEADERS)
    }
    return tuple(limit for limit in _of_headers(told, at) if limit) if told else ()


def _of_headers(told: Mapping[str, str], at: datetime) -> Iterator[PlanLimit | None]:
    for name, minutes in _UNIFIED.items():
        start = f"anthropic-ratelimit-unified-{name}-"
        used = _number(told.get(f"{start}utilization"))
        resets = _moment(told.get(f"{start}reset"))
        percent = None if used is None else used * 100
        yield _limit(CLAUDE, minutes, percent, resets, at)
    for name in ("primary", "secondary"):
        start = f"x-codex-{name}-"
        resets = _moment(told.get(f"{start}reset-at")) or _after(
            told.get(f"{start}reset-after-seconds"), at
        )
        length = told.get(f"{start}window-minutes")
        yield _limit(CODEX, length, told.get(f"{start}used-percent"), resets, at)


def window_word(minutes: int) -> str:
    """`5 hours`, `week`, `30 days`."""
    if minutes == WEEK:
        return "week"
    if minutes % (24 * 60) == 0 and minutes > 24 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes / 60:g} hours"


def full_at(limit: PlanLimit) -> datetime | None:
    """When it is used up at the mean pace since its window began; None where that is
    not before it resets, or the window's beginning is not known.

    60 % of five hours used after two hours: full after 3 h 20 min.
    """
    if limit.resets_at is None:
        return None
    start = limit.resets_at - timedelta(minutes=limit.minutes)
    passed = limit.at - start
    if limit.used_ratio >= 1:
        return limit.at
    if passed <= timedelta(0) or limit.used_ratio <= 0:
        return None
    full = start + passed / limit.used_ratio
    return full if full < limit.resets_at else None


def foreseen_ratio(limit: PlanLimit) -> float | None:
    """What will be used when it resets, at the mean pace since its window began. 20 %
    of five hours after two hours: 50 %. None within the window's first twentieth.
    """
    if limit.resets_at is None:
        return None
    window = timedelta(minutes=limit.minutes)
    passed = limit.at - (limit.resets_at - window)
    if passed < window / 20:
        return None
    return limit.used_ratio * (window / passed)


def _limit(
    client: str, minutes: Any, percent: Any, resets: datetime | None, at: datetime
) -> PlanLimit | None:
    used, length = _number(percent), _number(minutes)
    if used is None or length is None or not 0 <= used <= MOST_RATIO * 100:
        return None
    if not 1 <= length <= MOST_MINUTES:
        return None
    return PlanLimit(client, int(length), used / 100, resets, at)


def _number(value: Any) -> float | None:
    """Of a number, or of text that is a short one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and (not value or len(value) > 24):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _moment(seconds: Any) -> datetime | None:
    """Of seconds since 1970; None for anything but a date of this century."""
    found = _number(seconds)
    if found is None or not 946_684_800 <= found <= 4_102_444_800:
        return None
    return datetime.fromtimestamp(found, UTC)


def _after(seconds: Any, at: datetime) -> datetime | None:
    found = _number(seconds)
    if found is None or not 0 <= found <= MOST_MINUTES * 60:
        return None
    return at + timedelta(seconds=found)
