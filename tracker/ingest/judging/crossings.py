"""The moment a session's level changes: one event, and the session remembers."""

from __future__ import annotations

from datetime import datetime

from tracker.domain.budget.status import BudgetStatus, crossing
from tracker.ingest.rows.event_rows import PendingEvent
from tracker.ingest.rows.gauge_state import SessionState
from tracker.ingest.rows.pending import PendingRows


def cross(
    state: SessionState,
    status: BudgetStatus,
    *,
    at: datetime,
    event_id: str,
    pending: PendingRows,
) -> list[PendingEvent]:
    """The event that this status of the main lane fires, if any, pending."""
    crossed = crossing(state.gauge.event_level, status.used_tokens, status.limits)
    if crossed is None:
        return []
    state.gauge.event_level = crossed[1]
    state.event_count += 1
    return [
        pending.event(
            state,
            status,
            from_level=crossed[0],
            to_level=crossed[1],
            at=at,
            event_id=event_id,
        )
    ]
