"""What a commit means to those who watch: gauges moved, events, compressions."""

from __future__ import annotations

from functools import partial
from typing import Any

from tracker.domain.budget.status import BudgetStatus
from tracker.domain.reports import MAIN_LANE
from tracker.ingest.rows.event_rows import PendingCompression, PendingEvent
from tracker.ingest.rows.gauge_state import SessionState
from tracker.ingest.rows.pending import PendingRows
from tracker.live.news import GaugeMoment, compression_message, event_message
from tracker.models import ThresholdEvent

# project id -> (slug, last seq), as the transaction left them
Projects = dict[int, tuple[str, int]]


def budget_updated(
    state: SessionState,
    lane: str,
    status: BudgetStatus,
    projects: Projects,
    changed_us: int,
) -> dict[str, Any]:
    slug, seq = projects[state.project_id]
    gauge = state.gauge_of(lane)
    moment = GaugeMoment(
        _head(state, slug), status, seq, lane, gauge.model, gauge.last_at,
        gauge.sample_count, gauge.message_count,
    )  # fmt: skip
    return {
        "kind": "budget",
        "project_id": state.project_id,
        "pk": state.id,
        "lane": lane,
        "changed_us": changed_us,
        "make": moment.message,
        "make_row": moment.row,
    }


def facts(pending: PendingRows, projects: Projects) -> list[dict[str, Any]]:
    return [
        *(_event(event, projects) for event in pending.events),
        *(_compression(item, projects) for item in pending.compressions),
    ]


def _event(event: PendingEvent, projects: Projects) -> dict[str, Any]:
    fired, state = event.fired, event.state
    assert fired is not None
    row = ThresholdEvent(
        id=fired.id,
        seq=fired.seq,
        at=fired.at,
        from_level=fired.from_level,
        to_level=fired.to_level,
        used_tokens=fired.used_tokens,
        available_tokens=event.status.limits.available_tokens,
    )
    return _fact(
        state,
        "event",
        fired.seq,
        partial(event_message, _head(state, projects[state.project_id][0]), row),
    )


def _compression(item: PendingCompression, projects: Projects) -> dict[str, Any]:
    assert item.row is not None  # written in the transaction that these news are of
    head = _head(item.state, projects[item.state.project_id][0])
    make = partial(compression_message, head, item.row, item.kept_summary)
    return _fact(item.state, "compression", item.seq, make)


def _fact(state: SessionState, kind: str, seq: int, make: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "project_id": state.project_id,
        "pk": state.id,
        "lane": MAIN_LANE,
        "seq": seq,
        "make": make,
    }


def _head(state: SessionState, slug: str) -> dict[str, Any]:
    return {
        "session": state.key,
        "pk": state.id,
        "project": slug,
        "title": state.title,
    }
