"""Moves a call from a trace to the session it belongs to.

Telemetry may name the trace of a call first and its session later. The call is then
stored under its session, and its sample under the trace's name is removed in the same
transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import F

from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.reports import MAIN_LANE
from tracker.ingest.rows.event_keys import sample_of
from tracker.ingest.rows.of_session import OfProject, rows_of
from tracker.ingest.rows.recounting.rollups import take_off
from tracker.ingest.rows.recounting.sessions import recount_lane, recount_session
from tracker.ingest.rows.rollup_counts import RollupCounts
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.models import (
    Compression,
    EventKey,
    LLMSession,
    PackedKeys,
    Project,
    SessionLane,
    ThresholdEvent,
    UsageSample,
)


def take_back(
    state: SessionState,
    event_ids: Iterable[str],
    *,
    book: PolicyBook,
    changed_us: int,
) -> list[str]:
    """Remove these samples and what followed from them, and a session that is then
    empty. Answers the event ids that had a sample.

    The session's row must be locked; `state` is read anew by the next transaction. The
    event ids stay known as long as the session: sent again, they are duplicates.
    """
    found = [sample_of(state, event_id).first() for event_id in event_ids]
    samples = [sample for sample in found if sample is not None]
    if not samples:
        return []
    state.is_dropped = True  # its state in memory is out of date
    for sample in samples:
        _remove_rows(state, sample)
    session = LLMSession.objects.select_related("project").get(
        project=state.project_id, pk=state.id
    )
    if _is_empty(session):
        _remove(session)
    else:
        # Once for all of them: a trace may hold hundreds of calls.
        recount(session, {sample.lane for sample in samples}, book, changed_us)
    return [sample.event_id for sample in samples]


def _remove_rows(session: OfProject, sample: UsageSample) -> None:
    """The sample, the events it fired, and the compression it made us suspect."""
    events = rows_of(ThresholdEvent, session, event_id=sample.event_id)
    suspected = rows_of(
        Compression, session, lane=sample.lane, at=sample.at, trigger="suspected"
    )
    take_off(sample.project_id, [sample, *events, *suspected])
    events.delete()
    suspected.delete()
    # With session and time PostgreSQL reads only one week's partition.
    rows_of(UsageSample, session, at=sample.at, pk=sample.pk).delete()


def _is_empty(session: LLMSession) -> bool:
    tables = (UsageSample, Compression, ThresholdEvent)
    return not any(rows_of(m, session).exists() for m in tables)


def _remove(session: LLMSession) -> None:
    _move_level(session.project_id, Counter({session.level: -1}))
    if session.first_at is not None:
        counts = RollupCounts()
        counts.add(session.project_id, session.first_at, "new_sessions", -1)
        counts.write()
    EventKey.objects.filter(session=session).delete()
    PackedKeys.objects.filter(session=session).delete()
    LLMSession.objects.filter(project=session.project_id, pk=session.pk).delete()


def recount(
    session: LLMSession, lanes: set[str], book: PolicyBook, changed_us: int
) -> None:
    """What the session's rows show, from the samples that are stored now."""
    counted = recount_session(session, book)
    level = counted.get("level", session.level)
    own = LLMSession.objects.filter(project=session.project_id, pk=session.pk)
    own.update(**counted, changed_us=changed_us)
    moved = Counter({level: 1})
    moved[session.level] -= 1
    _move_level(session.project_id, moved)
    for lane in lanes - {MAIN_LANE}:
        row = rows_of(SessionLane, session, name=lane).get()
        counted = recount_lane(session, row, lane, book)
        found = SessionLane.objects.filter(pk=row.pk)
        if counted["last_at"] is None:
            found.delete()  # else the session shows an agent that made no request
        else:
            found.update(**counted)
        rows_of(SessionLane, session, pk=row.pk).update(**counted)


def _move_level(project_id: int, moved: Counter[str]) -> None:
    changes: dict[str, Any] = {
        f"{level}_count": F(f"{level}_count") + n for level, n in moved.items() if n
    }
    if changes:
        Project.objects.filter(pk=project_id).update(**changes)
