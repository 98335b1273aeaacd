"""Arrivals at the writing door, made short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Make = Callable[..., Any]


@pytest.fixture
def usage(project: Any) -> Make:
    """`usage("key", 100, second=5)`: an arrival whose time is so long after noon;
    without a second it has none and counts from receipt, at noon.
    """
    from tracker.domain.reports import Parts, UsageReport
    from tracker.ingest.arrivals import Arrival

    def make(
        session: str, used: int, *, second: float | None = None, **more: Any
    ) -> Any:
        at = None if second is None else NOON + timedelta(seconds=second)
        report = UsageReport(
            session, used, Parts(history=used), "counted", at=at, **more
        )
        return Arrival(project.pk, report, NOON)

    return make


@pytest.fixture
def compression(project: Any) -> Make:
    """`compression("key", 100, 10)`: an arrival of a compression."""
    from tracker.domain.reports import CompressionReport
    from tracker.ingest.arrivals import Arrival

    def make(
        session: str, before: int, after: int, *, second: float = 0, **more: Any
    ) -> Any:
        at = NOON + timedelta(seconds=second)
        report = CompressionReport(session, before, after, at=at, **more)
        return Arrival(project.pk, report, NOON)

    return make


@pytest.fixture
def recorder(project: Any) -> Any:
    """Writes arrivals in the test's own thread, without a queue."""
    from tracker.ingest.judging.record import Recorder

    return Recorder()


@pytest.fixture
def request_of(usage: Any) -> Any:
    """`request_of(150_000, second=1)`: as a provider reports one, of session s."""
    from dataclasses import replace

    def make(used: int, *, second: float, session: str = "s", **more: Any) -> Any:
        more = {"model": "claude-sonnet-4-5", **more}
        arrival = usage(session, used, second=second, **more)
        return replace(arrival, report=replace(arrival.report, source="reported"))

    return make


@pytest.fixture
def door(project: Any) -> Any:
    """Records reports a minute apart (reported_text.Door)."""
    from tests.ingest.judging.reported_text import Door

    return Door(project)


@pytest.fixture
def writer(store: None) -> Iterator[Any]:
    """Not started, with room for ten reports."""
    from tracker.ingest.door.writer import Writer

    made = Writer(capacity=10)
    yield made
    made.stop()


def stored_samples() -> list[tuple[int, bool]]:
    """Each sample's used tokens and whether it came late, by time."""
    from tracker.models import UsageSample

    rows = UsageSample.objects.order_by("at", "pk")
    return list(rows.values_list("used_tokens", "is_late"))
