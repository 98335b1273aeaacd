"""An arrival on its way into the store: named, dated, and perhaps refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.ingest.arrivals import Arrival, Rejection
from tracker.ingest.rows.event_keys import EventKeyRow, claim, digest_of
from tracker.ingest.rows.gauge_state import SessionState

CLOCK_SKEW = timedelta(minutes=5)  # a clock further ahead is not believed


class Candidate:
    """One report with all that is asked of it more than once.

    `at` is the report's own time, or receipt when it lies too far ahead.
    """

    __slots__ = ("report", "state", "key", "at", "is_skewed", "refusal")

    def __init__(self, arrival: Arrival, state: SessionState) -> None:
        report = arrival.report
        kind = "usage" if isinstance(report, UsageReport) else "compression"
        self.report: UsageReport | CompressionReport = report
        self.state = state
        self.key: EventKeyRow = (state.id, digest_of(arrival.event_id, kind=kind))
        self.at, self.is_skewed = _believed_at(report.at, arrival.received_at)
        if report.at is None:
            self.at = _in_order(self.at, state, report.lane)
        self.refusal: Rejection | None = None


def _in_order(received_at: datetime, state: SessionState, lane: str) -> datetime:
    """Reports without a time of their own count as they come, also when our clock was
    put back: else the gauge would stand still until it has caught up.
    """
    gauge = state.gauge if lane == MAIN_LANE else state.lanes.get(lane)
    last_at = gauge.last_at if gauge is not None else None
    return received_at if last_at is None else max(received_at, last_at)


def _believed_at(at: datetime | None, received_at: datetime) -> tuple[datetime, bool]:
    if at is None:
        return received_at, False
    if at > received_at + CLOCK_SKEW:
        return received_at, True
    return at, False


def claim_new(candidates: Iterable[Candidate]) -> set[EventKeyRow]:
    """Take in the event ids of those not refused (theirs stay free for the corrected
    report); answers the keys that were not there before.
    """
    rows: dict[EventKeyRow, tuple[int, bytes, datetime, int]] = {}
    for item in candidates:
        if item.refusal is None:
            rows.setdefault(item.key, (*item.key, item.at, item.state.project_id))
    found: Sequence[tuple[int, bytes, datetime, int]] = list(rows.values())
    return claim(found) if found else set()
