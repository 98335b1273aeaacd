"""Deletes rows older than their project's retention_days, without holding up ingest.

It works in small transactions with pauses between them, so a writer waits for one at
most (docs/performance.md). Hourly sums stay. PostgreSQL drops whole weeks of samples
that no project keeps, and deletes single rows only where one project keeps less than
another. A long query over all samples blocks the dropping of weeks; the other rows are
still deleted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q

from tracker.ingest.door.checkpointing import copying_apart
from tracker.models import (
    Compression,
    CompressionText,
    EventKey,
    GatewayCall,
    LLMSession,
    Project,
    StoredCut,
    ThresholdEvent,
    UsageSample,
)
from tracker.upkeep.deleting import delete_if_idle
from tracker.upkeep.partitions import WEEK, Busy, make_weeks, week_of
from tracker.upkeep.week_dropping import (
    drop_left,
    drop_week,
    kept_since,
    only_one,
    weeks_to_drop,
)

BATCH = 200  # rows in one transaction at most: 2 to 5 ms
BATCH_TEXTS = 20  # some are megabytes
IDLE_CUT_DAYS = 7  # of a session; its next long call is then compressed anew
COPIED_ROWS = 4_000  # deleted before SQLite's log is copied: as many pages at most
LONG = 0.02  # seconds; after such a transaction the next takes half as many rows
LONGEST_PAUSE = 0.1  # seconds
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Pruned:
    """Deleted rows by kind, the longest transaction in seconds, and the Mondays of the
    weeks that were dropped. `counts` includes the samples of those weeks; for large
    weeks they are estimated, and then `is_estimated` is True.
    """

    counts: dict[str, int] = field(default_factory=dict)
    longest: float = 0.0
    weeks: list[datetime] = field(default_factory=list)
    is_estimated: bool = False

    def add(self, kind: str, count: int, seconds: float) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + count
        self.longest = max(self.longest, seconds)


class Pruning:
    """One run. `pause` is called with seconds between transactions.

    Event keys are deleted too. A report of that age that is sent again counts again.
    """

    def __init__(
        self, *, now: datetime, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._pause = pause
        self.pruned = Pruned()
        self._copy: Callable[[], object] = lambda: None
        self._uncopied = 0  # rows
        self._sizes: dict[str, int] = {}  # kind -> rows of its next transaction
        self._undropped: list[datetime] = []

    def run(self) -> Pruned:
        """Call outside a transaction. Projects without retention_days keep everything.

        Raises Running while another run works. Raises Busy at the end when a week
        could not be locked; `pruned` says what was deleted all the same.
        """
        with only_one(), copying_apart() as self._copy:
            self._run()
        return self.pruned

    def _run(self) -> None:
        try:
            make_weeks(self._now)
        except (Busy, DatabaseError) as error:  # a server tries again each hour
            logger.warning("No partitions were made this time: %s", error)
        self._forget_idle_cuts()
        busy = self._drop_weeks()
        week = kept_since(self._now)
        for project in Project.objects.exclude(retention_days=None).order_by("pk"):
            border = self._now - timedelta(days=project.retention_days or 0)
            # The project that keeps longest waits until its week is dropped whole.
            whole = week if week == week_of(border) else border
            calls = GatewayCall.objects.filter(project=project, at__lt=border)
            self._forget("gateway calls", calls, "pk", BATCH)
            for session_id in _sessions_before(project, border):
                self._prune(session_id, border, whole)
        if self._undropped:
            weeks = ", ".join(f"{week:%Y-%m-%d}" for week in self._undropped)
            raise Busy(f"the weeks of samples from {weeks} were not dropped") from busy

    def _drop_weeks(self) -> Busy | None:
        """The reason why some weeks that should be dropped are still there, or None."""
        drop_left()
        try:
            for week in weeks_to_drop(self._now):
                dropped = drop_week(week, self._now)
                if dropped is None:
                    return None
                self.pruned.weeks.append(week)
                self.pruned.add("samples", dropped.rows, dropped.seconds)
                self.pruned.is_estimated |= not dropped.is_counted
                self._pause(min(dropped.seconds, LONGEST_PAUSE))
        except Busy as error:
            self._undropped = weeks_to_drop(self._now)
            return error
        return None

    def _prune(self, session_id: int, border: datetime, whole: datetime) -> None:
        """Delete what one session has before `border`.

        Samples, their keys and the idle session are deleted before `whole`, which is
        `border` or the Monday before it. Weeks that could not be dropped are left
        alone: deleting their rows one by one would take hours.
        """
        old = Q(session=session_id, at__lt=border)
        older = Q(session=session_id, at__lt=whole)
        has_undropped = False
        if self._undropped:
            first, until = self._undropped[0], self._undropped[-1] + WEEK
            undropped = Q(at__gte=first, at__lt=until)
            rows = UsageSample.objects.filter(undropped, session=session_id)
            has_undropped = rows.exists()
            older &= Q(at__lt=first) | Q(at__gte=until)
        texts = CompressionText.objects.filter(
            compression__session=session_id, compression__at__lt=border
        )
        self._forget("texts", texts, "pk", BATCH_TEXTS)
        cuts = StoredCut.objects.filter(session=session_id, compression__at__lt=border)
        self._forget("cuts", cuts, "pk", BATCH_TEXTS)
        self._forget_samples(UsageSample.objects.filter(older))
        self._forget("events", ThresholdEvent.objects.filter(old), "pk", BATCH)
        self._forget("compressions", Compression.objects.filter(old), "pk", BATCH)
        self._forget("keys", EventKey.objects.filter(older), "digest", BATCH)
        start = time.perf_counter()
        if not has_undropped and delete_if_idle(session_id, since=whole):
            self._took(start, "sessions", 1)

    def _forget_idle_cuts(self) -> None:
        """Of every project, whatever its retention: they only save work."""
        border = self._now - timedelta(days=IDLE_CUT_DAYS)
        is_idle = Q(session__last_at__lt=border) | Q(session__last_at=None)
        cuts = StoredCut.objects.filter(is_idle, compression__at__lt=border)
        self._forget("cuts", cuts, "pk", BATCH_TEXTS)

    def _forget_samples(self, rows: Any) -> None:
        """Oldest first, because PostgreSQL's index is by session and time."""
        ordered = rows.order_by("at", "pk").values_list("pk", "at")
        while found := list(ordered[: self._sizes.get("samples", BATCH)]):
            batch = rows.filter(at__lte=found[-1][1], pk__in=[pk for pk, _ in found])
            self._delete("samples", batch, len(found), BATCH)

    def _forget(self, kind: str, rows: Any, name: str, size: int) -> None:
        wanted = rows.values_list(name, flat=True)
        while values := list(wanted[: self._sizes.get(kind, size)]):
            batch = rows.filter(**{f"{name}__in": values})
            self._delete(kind, batch, len(values), size)

    def _delete(self, kind: str, batch: Any, count: int, most: int) -> None:
        """Delete in one transaction. After a long one the next of this kind takes half
        as many rows, also in another session; after a short one twice as many again.
        """
        with transaction.atomic():
            start = time.perf_counter()  # from here on writers wait
            batch.delete()
        took = self._took(start, kind, count)
        size = self._sizes.get(kind, most)
        self._sizes[kind] = max(1, count // 2) if took > LONG else min(most, size * 2)

    def _took(self, start: float, kind: str, count: int) -> float:
        seconds = time.perf_counter() - start
        self.pruned.add(kind, count, seconds)
        self._uncopied += count
        if self._uncopied >= COPIED_ROWS:
            self._uncopied = 0
            self._copy()
        # Pause as long as it took, so that writers get half of the time.
        self._pause(min(seconds, LONGEST_PAUSE))
        return seconds


def _sessions_before(project: Project, border: datetime) -> Iterator[int]:
    """Sessions that may hold older rows. Read page by page: there may be millions."""
    last = 0
    while True:
        page = LLMSession.objects.filter(project=project, pk__gt=last).order_by("pk")
        rows = list(page.values_list("pk", "created_at", "first_at")[:1_000])
        if not rows:
            return
        for pk, created_at, first_at in rows:
            if min(created_at, first_at or created_at) < border:
                yield pk
        last = rows[-1][0]
