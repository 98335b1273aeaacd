"""Arrivals at the writing door, made short."""

from __future__ import annotations

from collections.abc import Callable
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
