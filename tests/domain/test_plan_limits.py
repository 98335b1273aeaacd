"""Plan limits as each client tells them, and what is foreseen of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tracker.domain.plan_limits import (
    HOURS,
    WEEK,
    PlanLimit,
    claude_limits,
    codex_limits,
    foreseen_ratio,
    full_at,
    header_limits,
    window_word,
)

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
AT_TWO = datetime(2026, 11, 29, 14, tzinfo=UTC)
SECONDS = int(AT_TWO.timestamp())


def test_claude_codes_status_line_tells_both_windows():
    told = {
        "five_hour": {"used_percentage": 23.5, "resets_at": SECONDS},
        "seven_day": {"used_percentage": 41},
        "other": {"used_percentage": 1},
    }

    assert claude_limits(told, NOON) == (
        PlanLimit("claude_code", HOURS, 0.235, AT_TWO, NOON),
        PlanLimit("claude_code", WEEK, 0.41, None, NOON),
    )


def test_codex_tells_its_windows_in_minutes_and_the_reset_in_two_ways():
    told = {
        "primary": {
            "used_percent": 12.5, "window_minutes": 300, "resets_in_seconds": 7200,
        },
        "secondary": {
            "used_percent": 60, "window_minutes": 10080, "resets_at": SECONDS,
        },
    }  # fmt: skip

    assert codex_limits(told, NOON) == (
        PlanLimit("codex", HOURS, 0.125, AT_TWO, NOON),
        PlanLimit("codex", WEEK, 0.6, AT_TWO, NOON),
    )
    assert codex_limits({"primary": None, "secondary": None}, NOON) == ()


def test_the_headers_of_answers_tell_them():
    anthropic = [
        (b"Anthropic-Ratelimit-Unified-5h-Utilization", b"0.43"),
        (b"anthropic-ratelimit-unified-5h-reset", str(SECONDS).encode()),
        (b"anthropic-ratelimit-unified-7d-utilization", b"1.02"),
        (b"content-type", b"text/event-stream"),
    ]
    openai = [
        (b"x-codex-primary-used-percent", b"12.5"),
        (b"x-codex-primary-window-minutes", b"300"),
        (b"x-codex-primary-reset-after-seconds", b"7200"),
        (b"x-codex-secondary-used-percent", b"7"),
    ]

    assert header_limits(anthropic, NOON) == (
        PlanLimit("claude_code", HOURS, 0.43, AT_TWO, NOON),
        PlanLimit("claude_code", WEEK, 1.02, None, NOON),
    )
    assert header_limits(openai, NOON) == (
        PlanLimit("codex", HOURS, 0.125, AT_TWO, NOON),
    )
    assert header_limits([(b"content-type", b"text/plain")], NOON) == ()


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"five_hour": 7},
        {"five_hour": {"used_percentage": True}},
        {"five_hour": {"used_percentage": "much"}},
        {"five_hour": {"used_percentage": -1}},
        {"five_hour": {"used_percentage": float("nan")}},
        {"five_hour": {"used_percentage": "9" * 99}},
    ],
)
def test_what_is_no_number_tells_nothing(told):
    assert claude_limits(told, NOON) == ()


def test_a_reset_outside_of_this_century_is_not_believed():
    for resets in (0, -5, 10**15, "soon", None):
        told = {"five_hour": {"used_percentage": 5, "resets_at": resets}}
        assert claude_limits(told, NOON)[0].resets_at is None


def limit(used: float, *, passed: float, minutes: int = HOURS) -> PlanLimit:
    """`passed` hours after its window began."""
    resets = NOON + timedelta(minutes=minutes) - timedelta(hours=passed)
    return PlanLimit("codex", minutes, used, resets, NOON)


def test_the_mean_pace_says_when_it_is_full():
    assert full_at(limit(0.6, passed=2)) == NOON + timedelta(hours=1, minutes=20)
    assert full_at(limit(0.2, passed=2)) is None
    assert full_at(limit(1.1, passed=2)) == NOON
    assert full_at(limit(0.0, passed=2)) is None
    assert full_at(PlanLimit("codex", HOURS, 0.6, None, NOON)) is None


def test_the_mean_pace_says_what_will_be_used():
    assert foreseen_ratio(limit(0.2, passed=2)) == pytest.approx(0.5)
    assert foreseen_ratio(limit(0.2, passed=0.1)) is None
    assert foreseen_ratio(PlanLimit("codex", HOURS, 0.6, None, NOON)) is None


def test_windows_have_words():
    words = [window_word(n) for n in (300, WEEK, 60 * 24 * 30, 90)]
    assert words == ["5 hours", "week", "30 days", "1.5 hours"]
