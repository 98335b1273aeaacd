"""The news of one transaction, made of what it has just written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracker.domain.budget.status import BudgetStatus
from tracker.domain.reports import MAIN_LANE
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.live.news import (
    CompressionRecorded,
    EventFired,
    GaugeMoved,
    News,
    SessionHead,
)

# project id -> (slug, last seq), as the transaction left them
Projects = Mapping[int, tuple[str, int]]


def news_of(
    pending: PendingRows, projects: Projects, changed_us: int
) -> Iterator[News]:
    """Call once `pending` is written: its rows then have their ids and seq."""
    for (_, lane), (state, status) in pending.statuses.items():
        yield budget_updated(state, lane, status, projects, changed_us)
    for state, event in pending.events:
        yield EventFired(
            event.project_id,
            _head(state, projects),
            event.seq,
            event.id,
            event.from_level,
            event.to_level,
            event.used_tokens,
            event.available_tokens,
            event.at,
        )
    for item in pending.compressions:
        assert item.row is not None
        head = _head(item.state, projects)
        yield CompressionRecorded.of(head, item.row, item.kept_summary)


def budget_updated(
    state: SessionState,
    lane: str,
    status: BudgetStatus,
    projects: Projects,
    changed_us: int,
) -> GaugeMoved:
    gauge = state.gauge_of(lane)
    return GaugeMoved(
        state.project_id,
        _head(state, projects),
        lane,
        changed_us,
        projects[state.project_id][1],
        status,
        gauge.model,
        gauge.last_at,
        gauge.sample_count,
        gauge.message_count,
        state.compact_at_tokens if lane == MAIN_LANE else None,
    )


def _head(state: SessionState, projects: Projects) -> SessionHead:
    slug = projects[state.project_id][0]
    return SessionHead(state.key, state.id, slug, state.title)
