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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from tracker.ingest.door.checkpointing import copying_apart
from tracker.models import (
    Compression,
    CompressionComposition,
    CompressionText,
    EventKey,
    GatewayCall,
    Project,
    StoredCut,
    ThresholdEvent,
    UsageSample,
)
from tracker.upkeep.erasing import (
    BATCH,
    BATCH_TEXTS,
    LONGEST_PAUSE,
    SESSIONS,
    Eraser,
    sessions_of,
)
from tracker.upkeep.weeks.dropping import (
    drop_left,
    drop_week,
    kept_since,
    only_one,
    weeks_to_drop,
)
from tracker.upkeep.weeks.partitions import WEEK, Busy, make_weeks, week_of

IDLE_CUT_DAYS = 7  # of a session; its next long call is then compressed again
COPIED_ROWS = 4_000  # deleted before SQLite's log is copied: as many pages at most
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
        self._eraser = Eraser(note=self._note, pause=pause)
        self._undropped: list[datetime] = []
        self._emptied: list[int] = []  # sessions of the present project

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
            self._eraser.rows("gateway calls", calls, "pk", BATCH)
            sessions = sessions_of(project, before=border)
            for ids in self._eraser.groups(sessions):
                # While weeks could not be dropped, each session is pruned by itself.
                for part in [[pk] for pk in ids] if self._undropped else [ids]:
                    self._prune(project, part, border, whole)
                if len(self._emptied) >= SESSIONS:
                    self._forget_emptied(project, whole)
            self._forget_emptied(project, whole)
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

    def _prune(
        self, project: Project, ids: list[int], border: datetime, whole: datetime
    ) -> None:
        """Delete what these sessions have before `border`.

        Samples, their keys and the idle sessions are deleted before `whole`, which is
        `border` or the Monday before it. Weeks that could not be dropped are left
        alone: deleting their rows one by one would take hours.
        """
        old = Q(session__in=ids, at__lt=border)
        older = Q(at__lt=whole)
        has_undropped = False
        if self._undropped:
            first, until = self._undropped[0], self._undropped[-1] + WEEK
            undropped = Q(at__gte=first, at__lt=until)
            rows = UsageSample.objects.filter(undropped, session__in=ids)
            has_undropped = rows.exists()
            older &= Q(at__lt=first) | Q(at__gte=until)
        erase = self._eraser
        texts = CompressionText.objects.filter(
            compression__session__in=ids, compression__at__lt=border
        )
        erase.rows("texts", texts, "pk", BATCH_TEXTS)
        filled = CompressionComposition.objects.filter(
            compression__session__in=ids, compression__at__lt=border
        )
        erase.rows("compositions", filled, "pk", BATCH_TEXTS)
        cuts = StoredCut.objects.filter(session__in=ids, compression__at__lt=border)
        erase.rows("cuts", cuts, "pk", BATCH_TEXTS)
        erase.of_sessions("samples", UsageSample, ids, older)
        erase.rows("events", ThresholdEvent.objects.filter(old), "pk", BATCH)
        erase.rows("compressions", Compression.objects.filter(old), "pk", BATCH)
        erase.of_sessions("keys", EventKey, ids, older)
        if not has_undropped:
            erase.packed_keys(ids, project=project, before=whole)
            self._emptied += ids

    def _forget_emptied(self, project: Project, whole: datetime) -> None:
        """The rows of many sessions at once: they take dozens of statements."""
        ids, self._emptied = self._emptied, []
        self._eraser.sessions(ids, project=project, since=whole)

    def _forget_idle_cuts(self) -> None:
        """Of every project, whatever its retention: they only save work."""
        border = self._now - timedelta(days=IDLE_CUT_DAYS)
        is_idle = Q(session__last_at__lt=border) | Q(session__last_at=None)
        cuts = StoredCut.objects.filter(is_idle, compression__at__lt=border)
        self._eraser.rows("cuts", cuts, "pk", BATCH_TEXTS)

    def _note(self, kind: str, count: int, seconds: float) -> None:
        self.pruned.add(kind, count, seconds)
        self._uncopied += count
        if self._uncopied >= COPIED_ROWS:
            self._uncopied = 0
            self._copy()
