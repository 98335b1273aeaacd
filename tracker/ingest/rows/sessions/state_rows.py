"""The present states of sessions and lanes as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tracker.ingest.rows.sessions.gauge_state import OCCUPANCY, SessionState
from tracker.ingest.rows.sql import db_time, insert_many, update_many
from tracker.models import LLMSession, SessionLane

STATE_COLUMNS = (
    "event_count", "compression_count", "saved_tokens", "last_compression_at",
    "compact_at_tokens", "changed_us", *OCCUPANCY,
)  # fmt: skip
DESCRIPTION = ("title", "metadata", "origin")
NEW_COLUMNS = (
    "project_id", "key", "created_at", *DESCRIPTION, *STATE_COLUMNS, "id",
)  # fmt: skip
FIRST_AT, LAST_AT = OCCUPANCY.index("first_at"), OCCUPANCY.index("last_at")


def write_sessions(changed: Iterable[SessionState], changed_us: int) -> None:
    """A new session's row is made here, where it is not stored. Title and metadata of
    the others are written where they have changed: a statement that names them wakes
    the search index, which takes as long as the rest of it.
    """
    new: list[Sequence[Any]] = []
    rows: dict[int, list[Sequence[Any]]] = {}
    described: dict[int, list[Sequence[Any]]] = {}
    for state in sorted(changed, key=lambda state: state.id):
        row = (
            state.event_count, state.compression_count, state.saved_tokens,
            db_time(state.last_compression_at), state.compact_at_tokens,
            changed_us, *_stored(state.gauge.columns()), state.id,
        )  # fmt: skip
        if not state.is_stored:
            whole = (
                state.project_id, state.key, db_time(state.created_at), state.title,
                state.metadata_text, state.origin, *row,
            )  # fmt: skip
            state.is_described, state.is_stored = False, True
            new.append(whole)
        elif state.is_new or state.is_described:
            state.is_described = False
            named = (state.title, state.metadata_text, state.origin, *row)
            described.setdefault(state.project_id, []).append(named)
        else:
            rows.setdefault(state.project_id, []).append(row)
    insert_many(LLMSession, NEW_COLUMNS, new)
    update_many(LLMSession, STATE_COLUMNS, rows)
    update_many(LLMSession, (*DESCRIPTION, *STATE_COLUMNS), described)


def write_lanes(touched: Iterable[tuple[SessionState, str]]) -> None:
    lanes = [
        SessionLane(
            project_id=state.project_id,
            session_id=state.id,
            name=lane,
            **dict(zip(OCCUPANCY, state.lanes[lane].columns(), strict=True)),
        )
        for state, lane in touched
    ]
    if lanes:
        SessionLane.objects.bulk_create(
            lanes,
            update_conflicts=True,
            unique_fields=["project_id", "session", "name"],
            update_fields=OCCUPANCY,
        )


def _stored(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """Gauge columns with their two times as the cursor takes them."""
    return (
        *columns[:FIRST_AT],
        db_time(columns[FIRST_AT]),
        db_time(columns[LAST_AT]),
        *columns[LAST_AT + 1 :],
    )
