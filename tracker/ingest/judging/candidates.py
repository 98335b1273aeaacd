"""A report beside its session: which time is believed, and whether it is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker.domain.lanes import MAIN_AGENT
from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.ingest.arrivals import Arrival, Rejection
from tracker.ingest.rows.event_keys import EventKeyRow, claim, digest_of
from tracker.ingest.rows.sessions.gauge_state import SessionState

CLOCK_SKEW = timedelta(minutes=5)  # a clock further ahead is not believed
# Of one transaction: session and lane -> the newest time given to a report without one.
Received = dict[tuple[int, str], datetime]


class Candidate:
    """One report of a transaction, with what is asked of it more than once.

    `at` is the report's own time, or the time of receipt when its own lies more than
    CLOCK_SKEW ahead. `refusal` says why it cannot be judged.
    """

    __slots__ = ("report", "state", "key", "at", "is_skewed", "refusal")

    def __init__(
        self, arrival: Arrival, state: SessionState, received: Received
    ) -> None:
        report = in_own_lane(arrival.report, state)
        kind = "usage" if isinstance(report, UsageReport) else "compression"
        self.report: UsageReport | CompressionReport = report
        self.state = state
        self.key: EventKeyRow = (state.id, digest_of(arrival.event_id, kind=kind))
        self.at, self.is_skewed = _believed_at(report.at, arrival.received_at)
        if report.at is None:
            self.at = _in_order(self.at, state, report.lane, received)
        self.refusal: Rejection | None = None


def names_agent(report: UsageReport | CompressionReport) -> bool:
    return isinstance(report, UsageReport) and bool(report.agent)


def in_own_lane(
    report: UsageReport | CompressionReport, state: SessionState
) -> UsageReport | CompressionReport:
    """The session's first named agent has the main lane, every other one its own. Two
    agents of one session that share a gauge make it swing: 172,000, 9,000, 172,000.
    """
    if not isinstance(report, UsageReport):
        return report
    main = state.metadata.get(MAIN_AGENT)
    if report.lane != MAIN_LANE and main == report.lane:
        # Its calls came before the span that names its parent.
        state.describe({MAIN_AGENT: ""})
    if not report.agent:
        return report
    if not main:
        state.describe({MAIN_AGENT: report.agent})
        main = report.agent
    if main == report.agent or report.lane != MAIN_LANE:
        return report
    return replace(report, lane=report.agent)


def _in_order(
    received_at: datetime, state: SessionState, lane: str, received: Received
) -> datetime:
    """The time of a report that brings none: never before its lane's newest report, nor
    before one of its own transaction that stands before it.

    When this machine's clock was put back an hour, every report would count as late
    and the gauge would stand still for an hour. Two requests that wait for a query may
    go on in another order than they came in: the first would count as late.
    """
    gauge = state.gauge if lane == MAIN_LANE else state.lanes.get(lane)
    at = received_at
    if gauge is not None and gauge.last_at is not None and gauge.last_at > at:
        at = gauge.last_at
    before = received.get((state.id, lane))
    if before is not None and before > at:
        return before
    received[state.id, lane] = at
    return at


def _believed_at(at: datetime | None, received_at: datetime) -> tuple[datetime, bool]:
    if at is None:
        return received_at, False
    if at > received_at + CLOCK_SKEW:
        return received_at, True
    return at, False


def claim_new(candidates: Iterable[Candidate]) -> set[EventKeyRow]:
    """Store the event ids; answers the keys that were not there before. A refused
    report's id stays free, so that the corrected report may bring it.
    """
    rows: dict[EventKeyRow, tuple[int, bytes, datetime, int]] = {}
    for item in candidates:
        if item.refusal is None:
            rows.setdefault(item.key, (*item.key, item.at, item.state.project_id))
    found: Sequence[tuple[int, bytes, datetime, int]] = list(rows.values())
    return claim(found) if found else set()
