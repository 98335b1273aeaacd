"""Judges the present state of sessions anew after a policy changed.

No event fires: nothing was measured. The next sample is judged by the new policy
anyway; this moves what lists, counts and open pages show until then.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.domain.budget.status import BudgetStatus, evaluate
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
    projects = Project.objects.order_by("pk").values_list("pk", flat=True)
    return sum(_rejudge_project(project, scopes) for project in projects)


def _rejudge_project(project_id: int, scopes: Sequence[ScopedPolicy]) -> int:
    written, last = 0, 0
    while True:
        with transaction.atomic():
            sessions = _next_batch(project_id, last)
            if not sessions:
                return written
            last = sessions[-1].pk
            written += _rejudge(project_id, sessions, scopes)


def _next_batch(project_id: int, after: int) -> list[LLMSession]:
    """Locked in the order writers lock them: by project, then by id."""
    rows = LLMSession.objects.filter(project=project_id, pk__gt=after).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return list(rows[:BATCH])


def _rejudge(
    project_id: int, sessions: list[LLMSession], scopes: Sequence[ScopedPolicy]
) -> int:
    book = load_policy_book()
    lanes = list(
        SessionLane.objects.filter(project_id=project_id, session__in=sessions)
    )
    homes = {session.pk: session for session in sessions}
    rows, changed = [], set()
    moved: Counter[str] = Counter()  # level -> sessions it gained
    for session in sessions:
        row = _row(session, session, book, scopes)
        if row is not None:
            rows.append(row)
            changed.add(session.pk)
            moved[row[COLUMNS.index("level")]] += 1
            moved[session.level] -= 1
    lane_rows = []
    for lane in lanes:
        row = _row(lane, homes[lane.session_id], book, scopes)
        if row is not None:
            lane_rows.append(row)
            changed.add(lane.session_id)
    update_many(LLMSession, COLUMNS, {project_id: rows})
    update_many(SessionLane, COLUMNS, {project_id: lane_rows})
    # Within the transaction, so that the hub's mark cannot overtake it.
    now_us = time.time_ns() // 1000
    of_project = LLMSession.objects.filter(project=project_id)
    of_project.filter(pk__in=changed).update(changed_us=now_us)
    changes = {f"{lv}_count": F(f"{lv}_count") + n for lv, n in moved.items() if n}
    if changes:  # the project after its sessions, as writers do
        Project.objects.filter(pk=project_id).update(**changes)
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
