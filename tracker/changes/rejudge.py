"""Judges the present state of sessions anew after a policy changed.

No event fires: nothing was measured. The next sample is judged by the new policy
anyway; this moves what lists, counts and open pages show until then.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.domain.budget.status import LEVELS, BudgetStatus, evaluate
from tracker.ingest.rows.sql import update_many
from tracker.models import LLMSession, Project, SessionLane
from tracker.models.sessions import OccupancyFields
from tracker.models.settings.policies import load_policy_book

BATCH = 500  # sessions in one transaction: writers wait about 50 ms
COLUMNS = (
    "window_tokens",
    "window_source",
    "available_tokens",
    "policy_name",
    "used_ratio",
    "level",
)


def rejudge_sessions(scopes: Sequence[ScopedPolicy] = ()) -> int:
    """Every session one of these policies applies to (empty: all). Answers how many
    rows were written. Call outside of a transaction.
    """
    written, last = 0, 0
    while True:
        with transaction.atomic():
            sessions = _next_batch(last)
            if not sessions:
                return written
            last = sessions[-1].pk
            written += _rejudge(sessions, scopes)


def _next_batch(after: int) -> list[LLMSession]:
    """Locked in the order writers lock them: by id."""
    rows = LLMSession.objects.filter(pk__gt=after).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return list(rows[:BATCH])


def _rejudge(sessions: list[LLMSession], scopes: Sequence[ScopedPolicy]) -> int:
    book = load_policy_book()
    lanes = list(SessionLane.objects.filter(session__in=sessions))
    homes = {session.pk: session for session in sessions}
    rows, changed = [], set()
    moved: dict[int, Counter[str]] = {}  # by project: level -> sessions it gained
    for session in sessions:
        row = _row(session, session, book, scopes)
        if row is not None:
            rows.append(row)
            changed.add(session.pk)
            _move(moved, session, row[COLUMNS.index("level")])
    lane_rows = []
    for lane in lanes:
        row = _row(lane, homes[lane.session_id], book, scopes)
        if row is not None:
            lane_rows.append(row)
            changed.add(lane.session_id)
    update_many(LLMSession, COLUMNS, rows)
    update_many(SessionLane, COLUMNS, lane_rows)
    # Within the transaction, so that the hub's mark cannot overtake it.
    now_us = time.time_ns() // 1000
    LLMSession.objects.filter(pk__in=changed).update(changed_us=now_us)
    _count(moved)
    return len(changed)


def _row(
    gauge: OccupancyFields,
    session: LLMSession,
    book: PolicyBook,
    scopes: Sequence[ScopedPolicy],
) -> tuple[Any, ...] | None:
    """The new COLUMNS and the row's id; None when these policies say nothing here."""
    where = (session.project_id, gauge.model, session.pk)
    if scopes and not any(scope.matches(*where) for scope in scopes):
        return None
    status = _judge(gauge, book, where)
    if status is None:
        return None
    limits = status.limits
    return (
        limits.window_tokens,
        status.window_source,
        limits.available_tokens,
        status.policy,
        status.used_ratio,
        status.level,
        gauge.pk,
    )


def _judge(
    gauge: OccupancyFields, book: PolicyBook, where: tuple[int, str, int]
) -> BudgetStatus | None:
    """None where the policy does not fit the window the client reported: the limits
    that judged that report stay.
    """
    effective = book.policy_for(*where)
    window, source = effective.present_window(gauge.window_tokens, gauge.window_source)
    try:
        return evaluate(
            effective.policy,
            gauge.used_tokens,
            window_tokens=window,
            window_source=source,
            parts=gauge.parts,
            message_count=gauge.message_count,
            source=gauge.source,
        )
    except PolicyError:
        return None


def _move(moved: dict[int, Counter[str]], session: LLMSession, level: str) -> None:
    if level != session.level:
        counter = moved.setdefault(session.project_id, Counter())
        counter[level] += 1
        counter[session.level] -= 1


def _count(moved: dict[int, Counter[str]]) -> None:
    """Projects after sessions, by id: the order in which writers lock."""
    for project_id in sorted(moved):
        changes: Iterable[str] = [level for level in LEVELS if moved[project_id][level]]
        Project.objects.filter(pk=project_id).update(
            **{
                f"{lv}_count": F(f"{lv}_count") + moved[project_id][lv]
                for lv in changes
            }
        )
