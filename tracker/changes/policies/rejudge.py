"""Judges the present state of sessions anew after a policy changed.

No event fires: nothing was measured. The next sample is judged by the new policy
anyway; this moves what lists, counts and open pages show until then. The database
judges the rows (gauge_rows.py): reading and sending each took as long as writing it. A
row is written only where pages show something else: PostgreSQL writes it anew with an
entry in each of its eight indices.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from django.db import connection, transaction
from django.db.models import F

from tracker.changes.policies.gauge_rows import Gauge, Kind, Limit, Rows, Stored
from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.models import LLMSession, Project, SessionLane
from tracker.reading.policies.policy_shelf import renew_policies

BATCH = 500  # sessions in one transaction: writers wait about 20 ms
PAGE = 100_000  # ids of sessions that are read at once
LONGEST_PAUSE = 0.05  # seconds


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
            written += _rejudge(project_id, ids, scopes)
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


def _rejudge(project_id: int, ids: list[int], scopes: Sequence[ScopedPolicy]) -> int:
    rows = Rows(project_id, ids)
    sessions = rows.read(LLMSession)
    # Read the policies after the locks: a policy that is saved now is used here, or by
    # the run that its own save starts. Read earlier, both could miss it. Only the
    # version is queried each time, not the whole catalogue.
    book = renew_policies()
    # Within the transaction, so that the hub's mark cannot overtake it.
    now_us = time.time_ns() // 1000
    has_moved = _moves_target(scopes)
    # One whose own policy was deleted is named by `scopes` alone.
    deleted = {scope.session_id for scope in scopes if scope.session_id}
    own = (book.with_policies | deleted).intersection(ids)
    written: dict[Gauge, dict[int, str]] = {}
    models: tuple[Gauge, ...] = (LLMSession, SessionLane)
    for model in models:
        stored = sessions if model is LLMSession else rows.read(model)
        limits = _limits(_kinds(stored, own), project_id, book, scopes)
        written[model] = rows.judge(model, limits, own, now_us, all_of_them=has_moved)
    of_project = LLMSession.objects.filter(project=project_id)
    if others := written[SessionLane].keys() - written[LLMSession].keys():
        of_project.filter(pk__in=others).update(changed_us=now_us)
    moved = Counter(written[LLMSession].values())
    moved.subtract(row.level for row in sessions if row.session in written[LLMSession])
    changes = {f"{lv}_count": F(f"{lv}_count") + n for lv, n in moved.items() if n}
    if changes:  # the project after its sessions, as writers do
        Project.objects.filter(pk=project_id).update(**changes)
    return len(written[LLMSession].keys() | written[SessionLane].keys())


def _kinds(rows: Iterable[Stored], own: Collection[int]) -> set[Kind]:
    return {
        Kind(
            row.model,
            row.window_tokens,
            row.window_source,
            row.session if row.session in own else 0,
        )
        for row in rows
    }


def _moves_target(scopes: Sequence[ScopedPolicy]) -> bool:
    """Whether what they set as the target after a compression was another, or is gone:
    no column holds it, and an open page says it of each session.
    """
    targets = {scope.overrides.get("target") for scope in scopes}
    if len(scopes) == 1:  # it is new, or was deleted
        targets.add(None)
    return len(targets) > 1


def _limits(
    kinds: Iterable[Kind],
    project_id: int,
    book: PolicyBook,
    scopes: Collection[ScopedPolicy],
) -> dict[Kind, Limit]:
    """By what the gauges of these kinds are judged now. Left out are those of which
    these policies say nothing, and those whose reported window they do not fit: the
    limits that judged that report stay.
    """
    found: dict[Kind, Limit] = {}
    for kind in kinds:
        where = (project_id, kind.model, kind.own or None)
        if scopes and not any(scope.matches(*where) for scope in scopes):
            continue
        effective = book.policy_for(*where)
        window, source = effective.present_window(
            kind.window_tokens, kind.window_source
        )
        try:
            limits = book.limits_for(effective, window)
        except PolicyError:
            continue
        found[kind] = Limit(
            limits.window_tokens,
            source,
            limits.available_tokens,
            effective.policy.name,
            limits.warning_tokens,
            limits.compress_tokens,
            limits.critical_tokens,
        )
    return found
