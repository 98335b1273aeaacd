"""The gauge of Claude Code's statusline, and the report it makes."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.client.claude_code.statusline import (
    gauge_line,
    is_told_by_telemetry,
    read_statusline,
    report_of,
)

USAGE = {
    "input_tokens": 5190,
    "output_tokens": 29,
    "cache_creation_input_tokens": 46714,
    "cache_read_input_tokens": 20436,
}
DATA: dict[str, Any] = {
    "session_id": "977f",
    "model": {"id": "claude-sonnet-4-5-20250929", "display_name": "Sonnet 4.5"},
    "cost": {"total_api_duration_ms": 279.5},
    "context_window": {
        "total_input_tokens": 72340,
        "context_window_size": 200000,
        "current_usage": USAGE,
    },
}


def line_of(used: int, *, size: int | None = 200_000, colours: bool = False) -> str:
    window = {
        "context_window_size": size,
        "current_usage": {**USAGE, "input_tokens": used - 46714 - 20436},
    }
    data = read_statusline({**DATA, "context_window": window})
    return gauge_line(data, colours=colours)


def test_the_gauge_says_how_full_and_what_is_left() -> None:
    assert gauge_line(read_statusline(DATA), colours=False) == (
        "▰▰▰▱▱▱▱▱▱▱ 36.9 % of 196,000 · 123,660 left · ok · Sonnet 4.5"
    )


@pytest.mark.parametrize(
    ("used", "level"),
    [
        (156_799, "ok"),
        (156_800, "warning"),
        (166_599, "warning"),
        (166_600, "compress"),
        (186_200, "critical"),
        (196_000, "critical"),
        (196_001, "exceeded"),
    ],
)
def test_the_gauges_level_is_the_domains(used: int, level: str) -> None:
    assert f" · {level} · " in line_of(used)


def test_a_window_that_is_exceeded_stays_a_full_bar() -> None:
    assert line_of(329_000).startswith("▰▰▰▰▰▰▰▰▰▰ 167.8 % of 196,000 · 133,000 over")


def test_the_clients_own_window_counts() -> None:
    assert "of 996,000" in line_of(72_340, size=1_000_000)


@pytest.mark.parametrize("size", [4_000, 1])
def test_a_window_that_the_reserve_swallows_gets_plain_numbers(size: int) -> None:
    assert line_of(72_340, size=size) == "72,340 tokens used · Sonnet 4.5"


def test_colours_stand_around_bar_and_level_alone() -> None:
    coloured = line_of(186_200, colours=True)

    assert coloured.startswith("\x1b[31m▰▰▰▰▰▰▰▰▰▱\x1b[0m 95.0 %")
    assert "\x1b[31mcritical\x1b[0m" in coloured


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"context_window": None},
        {"context_window": {"current_usage": {}}},
        {"context_window": {"context_window_size": float("inf")}},
    ],
    ids=str,
)
def test_before_the_first_request_there_is_a_gauge_and_no_report(data: Any) -> None:
    line = read_statusline(data)

    assert gauge_line(line, colours=True) == "▱▱▱▱▱▱▱▱▱▱ no request yet"
    assert report_of(line) is None


def test_the_report_has_the_providers_usage_and_the_clients_window() -> None:
    report = report_of(read_statusline(DATA))

    assert report is not None
    assert (report["session"], report["window_tokens"]) == ("977f", 200_000)
    assert report["usage"] == USAGE
    assert report["model"] == "claude-sonnet-4-5-20250929"


def test_the_same_request_told_again_has_the_same_event_id() -> None:
    first = report_of(read_statusline(DATA))
    again = report_of(read_statusline({**DATA, "prompt_id": "another", "version": "9"}))
    cost = {"total_api_duration_ms": 300}
    later = report_of(read_statusline({**DATA, "cost": cost}))

    assert first and again and later
    assert first["event_id"] == again["event_id"] != later["event_id"]


@pytest.mark.parametrize(
    "changes",
    [{"session_id": None}, {"context_window": {"current_usage": {"input_tokens": 0}}}],
    ids=["no session", "nothing used"],
)
def test_without_session_or_tokens_there_is_no_report(changes: dict[str, Any]) -> None:
    assert report_of(read_statusline({**DATA, **changes})) is None


TELEMETRY = {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "OTEL_LOGS_EXPORTER": "console,otlp",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://budget:8000",
}


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({}, True),
        ({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://budget:8000/v1/logs"}, True),
        ({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://elsewhere/v1/logs"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://elsewhere"}, False),
        ({"CLAUDE_CODE_ENABLE_TELEMETRY": "0"}, False),
        ({"OTEL_LOGS_EXPORTER": "console"}, False),
    ],
    ids=str,
)
def test_events_to_the_same_server_make_the_report_superfluous(
    changes: dict[str, str], is_told: bool
) -> None:
    environment = {**TELEMETRY, **changes}

    assert is_told_by_telemetry(environment, "http://budget:8000") is is_told
    assert not is_told_by_telemetry(environment, "")


def test_the_report_says_what_is_used_of_the_plan() -> None:
    limits = {"five_hour": {"used_percentage": 23.5, "resets_at": 1_738_425_600}}

    report = report_of(read_statusline({**DATA, "rate_limits": limits}))
    without = report_of(read_statusline({**DATA, "rate_limits": "none"}))

    assert report is not None and report["rate_limits"] == limits
    assert without is not None and "rate_limits" not in without
