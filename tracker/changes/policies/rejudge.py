"""Judges the present state of sessions anew after a policy changed.

No event fires: nothing was measured. The next sample is judged by the new policy
anyway; this moves what lists, counts and open pages show until then. A row is written
only where they show something else: PostgreSQL writes a row anew with an entry in each
of its eight indices.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F

from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.domain.budget.status import level_of
from tracker.ingest.rows.sql import update_many
from tracker.models import LLMSession, Project, SessionLane
from tracker.reading.policies.policy_shelf import renew_policies

BATCH = 500  # sessions in one transaction: writers wait about 20 ms
PAGE = 100_000  # ids of sessions that are read at once
LONGEST_PAUSE = 0.05  # seconds
COLUMNS = (
    "window_tokens",
    "window_source",
    "available_tokens",
    "policy_name",
    "used_ratio",
    "level",
)
_LEVEL = COLUMNS.index("level")


class _Gauge(NamedTuple):
    """The columns of a session or lane that are read. Whole rows take five times as
    long.
    """

    pk: int
    session: int
    model: str
    used_tokens: int
    window_tokens: int
    window_source: str
    level: str
    available_tokens: int
    policy_name: str
    used_ratio: float
    message_count: int | None

    @property
    def columns(self) -> tuple[Any, ...]:
        """What is stored of COLUMNS."""
        return tuple(getattr(self, name) for name in COLUMNS)


_OWN = ("pk", *_Gauge._fields[2:])
_OF_LANE = ("pk", "session_id", *_Gauge._fields[2:])


def rejudge_sessions(scopes: Sequence[ScopedPolicy] = ()) -> int:
    """Every session one of these policies applies to (empty: all). Answers how many
    rows were written. Call outside of a transaction.
    """
    projects = Project.objects.order_by("pk").values_list("pk", flat=True)
    return sum(_rejudge_project(project, scopes) for project in projects)


def _rejudge_project(project_id: int, scopes: Sequence[ScopedPolicy]) -> int:
    written = 0
    for ids in _batches(project_id):
        began = time.perf_counter()
        with transaction.atomic():
            written += _rejudge(project_id, _locked(project_id, ids), scopes)
        if connection.vendor == "sqlite":
            # Reports that wait for its lock look for it now and then, and would find
            # it taken again each time: 5 s on a busy machine.
            time.sleep(min(time.perf_counter() - began, LONGEST_PAUSE))
    return written


def _batches(project_id: int) -> Iterator[list[int]]:
    """Ids of its sessions. Read in large pages: PostgreSQL goes through the ids of all
    projects for each page, and twenty projects took a third of all the time.
    """
    last = 0
    while True:
        rows = LLMSession.objects.filter(project=project_id, pk__gt=last)
        page = list(rows.order_by("pk").values_list("pk", flat=True)[:PAGE])
        if not page:
            return
        for start in range(0, len(page), BATCH):
            yield page[start : start + BATCH]
        last = page[-1]


def _locked(project_id: int, ids: list[int]) -> list[_Gauge]:
    """Locked in the order writers lock them: by project, then by id."""
    rows = LLMSession.objects.filter(project=project_id, pk__in=ids).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return [_Gauge(row[0], *row) for row in rows.values_list(*_OWN)]


def _rejudge(
    project_id: int, sessions: list[_Gauge], scopes: Sequence[ScopedPolicy]
) -> int:
    if not sessions:  # deleted before they were locked
        return 0
    # Read the policies after the locks: a policy that is saved now is used here, or by
    # the run that its own save starts. Read earlier, both could miss it. Only the
    # version is queried each time, not the whole catalogue.
    book = renew_policies()
    # Within the transaction, so that the hub's mark cannot overtake it.
    now_us = time.time_ns() // 1000
    has_moved = _moves_target(scopes)
    rows: dict[int, tuple[Any, ...]] = {}
    moved: Counter[str] = Counter()  # level -> sessions it gained
    for gauge in sessions:
        row = _row(gauge, project_id, book, scopes, has_moved)
        if row is not None:
            rows[gauge.pk] = (*row, now_us, gauge.pk)
            moved[row[_LEVEL]] += 1
            moved[gauge.level] -= 1
    lanes = SessionLane.objects.filter(
        project_id=project_id,
        session__gte=sessions[0].pk,
        session__lte=sessions[-1].pk,
    )
    lane_rows, marked = [], set()
    for gauge in map(_Gauge._make, lanes.values_list(*_OF_LANE)):
        row = _row(gauge, project_id, book, scopes, has_moved)
        if row is not None:
            lane_rows.append((*row, gauge.pk))
            marked.add(gauge.session)
    if rows:
        columns = (*COLUMNS, "changed_us")
        update_many(LLMSession, columns, {project_id: [*rows.values()]})
    if lane_rows:
        update_many(SessionLane, COLUMNS, {project_id: lane_rows})
    of_project = LLMSession.objects.filter(project=project_id)
    if others := marked - rows.keys():
        of_project.filter(pk__in=others).update(changed_us=now_us)
    changes = {f"{lv}_count": F(f"{lv}_count") + n for lv, n in moved.items() if n}
    if changes:  # the project after its sessions, as writers do
        Project.objects.filter(pk=project_id).update(**changes)
    return len(rows.keys() | marked)


def _moves_target(scopes: Sequence[ScopedPolicy]) -> bool:
    """Whether what they set as the target after a compression was another, or is gone:
    no column holds it, and an open page says it of each session.
    """
    targets = {scope.overrides.get("target") for scope in scopes}
    if len(scopes) == 1:  # it is new, or was deleted
        targets.add(None)
    return len(targets) > 1


def _row(
    gauge: _Gauge,
    project_id: int,
    book: PolicyBook,
    scopes: Sequence[ScopedPolicy],
    has_moved: bool,
) -> tuple[Any, ...] | None:
    """The new COLUMNS. None when these policies say nothing here, or nothing new; or do
    not fit the window the client reported: the limits that judged that report stay.
    `has_moved`: their target has, which the columns do not say.
    """
    where = (project_id, gauge.model, gauge.session)
    if scopes and not any(scope.matches(*where) for scope in scopes):
        return None
    effective = book.policy_for(*where)
    window, source = effective.present_window(gauge.window_tokens, gauge.window_source)
    try:
        limits = book.limits_for(effective, window)
    except PolicyError:
        return None
    row = (
        limits.window_tokens,
        source,
        limits.available_tokens,
        effective.policy.name,
        gauge.used_tokens / limits.available_tokens,
        level_of(gauge.used_tokens, limits),
    )
    is_new = has_moved or row != gauge.columns or _is_warned(gauge)
    return row if is_new else None


def _is_warned(gauge: _Gauge) -> bool:
    """Whether open pages say more of it than these columns: how far it is from the next
    threshold, or that it has too many messages. They are sent rows that are written.
    """
    return gauge.level != "ok" or gauge.message_count is not None
