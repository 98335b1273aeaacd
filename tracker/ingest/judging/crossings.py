"""Makes the event of a session whose level changes, once for each change."""

from __future__ import annotations

from datetime import datetime

from tracker.domain.budget.status import BudgetStatus, crossing
from tracker.ingest.arrivals import FiredEvent
from tracker.ingest.rows.gauge_state import SessionState


def cross(
    state: SessionState, status: BudgetStatus, *, at: datetime, event_id: str
) -> list[FiredEvent]:
    """The event that this status of the main lane fires, if any."""
    crossed = crossing(state.gauge.event_level, status.used_tokens, status.limits)
    if crossed is None:
        return []
    state.gauge.event_level = crossed[1]
    state.event_count += 1
    return [
        FiredEvent(
            state.project_id,
            state.id,
            event_id,
            at,
            *crossed,
            status.used_tokens,
            status.limits.available_tokens,
            status.policy,
        )
    ]
