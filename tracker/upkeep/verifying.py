"""Recounts the sums and states that are stored beside the rows; says what differs.

It reads many sessions at once, as of one moment: a report that arrives meanwhile is not
taken for a difference, and does not wait. Only what is repaired is locked.

Where a project deletes old rows (retention_days), a count may be larger than the number
of rows.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max
from django.utils import timezone

from tracker.domain.budget.status import LEVELS
from tracker.ingest.rows.event_keys import claim, digest_of
from tracker.ingest.rows.packed_keys import digests_of
from tracker.ingest.rows.recounting.facts import facts_of
from tracker.ingest.rows.recounting.rollups import (
    Hours,
    counted_hours,
    repair_rollups,
    rollup_differences,
)
from tracker.ingest.rows.recounting.sessions import recount_lane, recount_session
from tracker.models import (
    Compression,
    LLMSession,
    Project,
    SessionLane,
    ThresholdEvent,
    UsageSample,
)
from tracker.models.sessions import PART_COLUMNS
from tracker.models.settings.policies import load_policy_book
from tracker.upkeep.differences import Difference, compare
from tracker.upkeep.snapshot import snapshot

BATCH = 500  # sessions read at a time
BATCH_SAMPLES = 20_000  # or as many as have so many samples


def verify(*, repair: bool = False) -> Iterator[Difference]:
    """Every difference, sessions first, then projects. Call outside a transaction."""
    last = 0
    while True:
        with snapshot():
            sessions = _batch(last)
            wrong = _that_differ(sessions)
            found = [] if repair else [d for s in wrong for d in _verify_session(s)]
        for session in wrong if repair else ():
            with transaction.atomic():
                locked = _locked(session)
                found += _verify_session(locked, repair=True) if locked else []
        yield from found
        if not sessions:
            break
        last = sessions[-1].pk
    with snapshot():
        hours = counted_hours()
        projects = Project.objects.order_by("pk").values_list("pk", flat=True)
        differing = {pk: _verify_project(pk, hours.get(pk, {})) for pk in projects}
    for pk, found in differing.items():
        if repair and found:
            with transaction.atomic():
                _lock_sessions(pk)
                found = _verify_project(pk, repair=True)
        yield from found


def _batch(after: int) -> list[LLMSession]:
    """The next sessions, with some BATCH_SAMPLES samples together."""
    rows = LLMSession.objects.filter(pk__gt=after).order_by("pk")
    found: list[LLMSession] = []
    samples = 0
    for session in rows.select_related("project")[:BATCH]:
        if found and samples + session.sample_count > BATCH_SAMPLES:
            break
        samples += session.sample_count
        found.append(session)
    return found


def _that_differ(sessions: list[LLMSession]) -> list[LLMSession]:
    """Those where anything is not as its rows say, told from a few statements."""
    book = load_policy_book()
    ids = [session.pk for session in sessions]
    facts = facts_of(sessions, with_keys=True)
    lanes: dict[int, list[SessionLane]] = {}
    for lane in SessionLane.objects.filter(session__in=ids):
        lanes.setdefault(lane.session_id, []).append(lane)

    def differs(session: LLMSession) -> bool:
        known = facts[session.pk]
        if known.wrong_parts or known.is_twice or known.lacks_keys:
            return True
        is_pruned = session.project.retention_days is not None
        rows: list[tuple[Any, dict[str, Any]]] = [
            (session, recount_session(session, book, known))
        ]
        rows += [
            (lane, recount_lane(session, lane, lane.name, book, known))
            for lane in lanes.get(session.pk, ())
        ]
        return any(
            compare(row, counted, "", False, is_pruned=is_pruned)
            for row, counted in rows
        )

    return [session for session in sessions if differs(session)]


def _locked(session: LLMSession) -> LLMSession | None:
    of_project = LLMSession.objects.filter(project=session.project_id)
    rows = of_project.filter(pk=session.pk).select_related("project")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    return rows.first()


def _verify_session(session: LLMSession, *, repair: bool = False) -> list[Difference]:
    book = load_policy_book()
    is_pruned = session.project.retention_days is not None
    name = f"session {session.pk} ({session.key})"
    found = compare(
        session, recount_session(session, book), name, repair, is_pruned=is_pruned
    )
    for lane in SessionLane.objects.filter(session=session):
        counted = recount_lane(session, lane, lane.name, book)
        where = f"{name}, lane {lane.name}"
        found += compare(lane, counted, where, repair, is_pruned=is_pruned)
    found += _verify_samples(session, name, repair)
    if repair and found:
        # The hub asks for sessions changed since: so open pages show the repair.
        LLMSession.objects.filter(pk=session.pk).update(
            changed_us=time.time_ns() // 1000
        )
    return found


def _verify_samples(session: LLMSession, name: str, repair: bool) -> list[Difference]:
    total = sum((F(part) for part in PART_COLUMNS), start=F("used_tokens") * 0)
    samples = UsageSample.objects.filter(session=session)
    wrong = samples.annotate(total=total).exclude(total=F("used_tokens"))
    found = [_repair_parts(sample, name, repair) for sample in wrong]
    found += _verify_keys(session, samples, name, repair)
    twice = samples.values("event_id").annotate(n=Count("pk")).filter(n__gt=1)
    for row in twice:
        what = f"{name}, event {row['event_id']}"
        found.append(Difference(what, "samples", row["n"], 1))
    return found


def _repair_parts(sample: Any, name: str, repair: bool) -> Difference:
    """The rest of the total becomes unattributed. Parts that exceed the total cannot be
    repaired: a person must say which of them is wrong.
    """
    known = sample.total - sample.unattributed_tokens
    rest = sample.used_tokens - known
    can_repair = repair and rest >= 0
    if can_repair:
        UsageSample.objects.filter(
            session=sample.session_id, at=sample.at, pk=sample.pk
        ).update(unattributed_tokens=rest)
    what = f"{name}, sample {sample.pk}"
    return Difference(
        what, "sum of parts", sample.total, sample.used_tokens, can_repair
    )


def _verify_keys(
    session: LLMSession, samples: Any, name: str, repair: bool
) -> list[Difference]:
    """A sample without its key: the same report would count again when it is resent."""
    known = digests_of([session.pk])[session.pk]
    compressions = Compression.objects.filter(session=session).exclude(event_id="")
    wanted = [
        (digest_of(event_id, kind=kind), at)
        for kind, rows in (("usage", samples), ("compression", compressions))
        for event_id, at in rows.values_list("event_id", "at").iterator()
    ]
    missing = {digest: at for digest, at in wanted if digest not in known}
    if not missing:
        return []
    if repair:
        project = session.project_id
        claim([(session.pk, digest, at, project) for digest, at in missing.items()])
    return [
        Difference(name, "event keys", len(wanted) - len(missing), len(wanted), repair)
    ]


def _lock_sessions(project_id: int) -> None:
    """On PostgreSQL a writer may have changed sessions and not committed yet. So all of
    the project's are locked before it is repaired, in the order in which writers lock.
    """
    rows = LLMSession.objects.filter(project=project_id).order_by("pk")
    if connection.features.has_select_for_update:
        list(rows.select_for_update().values_list("pk", flat=True))


def _verify_project(
    pk: int, hours: Hours | None = None, *, repair: bool = False
) -> list[Difference]:
    """Counts per level, and the last number given to an event or a compression."""
    rows = LLMSession.objects.filter(project=pk)
    project = Project.objects.filter(pk=pk).first()
    if project is None:
        return []
    by_level = rows.order_by().values("level").annotate(n=Count("pk"))
    levels = Counter({row["level"]: row["n"] for row in by_level})
    counted: dict[str, Any] = {f"{level}_count": levels[level] for level in LEVELS}
    highest = max(
        model.objects.filter(project=pk).aggregate(seq=Max("seq"))["seq"] or 0
        for model in (ThresholdEvent, Compression)
    )
    # The number of a deleted event is not given again.
    counted["last_seq"] = max(project.last_seq, highest)
    name = f"project {project.slug}"
    found = compare(project, counted, name, repair, is_pruned=False)
    return found + _verify_rollups(project, name, repair, hours)


def _verify_rollups(
    project: Project, name: str, repair: bool, hours: Hours | None
) -> list[Difference]:
    """Hourly sums against the rows, for the hours whose rows are all still there."""
    since = None
    if project.retention_days is not None:
        day = timedelta(days=project.retention_days) - timedelta(hours=1)
        border = timezone.now() - day
        since = border.replace(minute=0, second=0, microsecond=0)
    wrong = rollup_differences(project, since=since, counted=hours)
    if repair:
        repair_rollups(project, wrong)
    return [
        Difference(f"{name}, hour {hour:%Y-%m-%d %H}", sum_, stored, counted, repair)
        for hour, sum_, stored, counted in wrong
    ]


def is_consistent() -> bool:
    return next(verify(), None) is None
