"""Forgets facts older than their project's retention_days, without holding up ingest.

Small transactions with pauses between: a writer waits for one of them at most
(docs/performance.md). Hourly sums stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from tracker.ingest.deleting import delete_if_idle
from tracker.models import (
    Compression,
    CompressionText,
    EventKey,
    LLMSession,
    Project,
    ThresholdEvent,
    UsageSample,
)

BATCH = 500  # rows of one transaction at most: 5 to 10 ms
BATCH_TEXTS = 20  # some are megabytes
LONG = 0.02  # seconds: the next transaction takes half as many rows
LONGEST_PAUSE = 0.1  # seconds


@dataclass(slots=True)
class Pruned:
    """Rows forgotten, by kind, and the longest transaction in seconds."""

    counts: dict[str, int] = field(default_factory=dict)
    longest: float = 0.0

    def add(self, kind: str, count: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + count


class Pruning:
    """One run. `pause` is called with seconds between transactions.

    An event id whose key is forgotten would count again if it were sent again.
    """

    def __init__(
        self, *, now: datetime, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._pause = pause
        self.pruned = Pruned()

    def run(self) -> Pruned:
        """Call outside of a transaction. Projects without retention_days keep all."""
        for project in Project.objects.exclude(retention_days=None).order_by("pk"):
            border = self._now - timedelta(days=project.retention_days or 0)
            for session_id in _sessions_before(project, border):
                self._prune(session_id, border)
        return self.pruned

    def _prune(self, session_id: int, border: datetime) -> None:
        old = Q(session=session_id, at__lt=border)
        texts = CompressionText.objects.filter(
            compression__session=session_id, compression__at__lt=border
        )
        self._forget("texts", texts, "pk", BATCH_TEXTS)
        self._forget("samples", UsageSample.objects.filter(old), "pk", BATCH)
        self._forget("events", ThresholdEvent.objects.filter(old), "pk", BATCH)
        self._forget("compressions", Compression.objects.filter(old), "pk", BATCH)
        self._forget("keys", EventKey.objects.filter(old), "digest", BATCH)
        start = time.perf_counter()
        if delete_if_idle(session_id, since=border):
            self._took(start, "sessions", 1)

    def _forget(self, kind: str, rows: Any, name: str, size: int) -> None:
        now = size
        while values := list(rows.values_list(name, flat=True)[:now]):
            with transaction.atomic():
                start = time.perf_counter()  # others wait from here
                rows.filter(**{f"{name}__in": values}).delete()
            took = self._took(start, kind, len(values))
            now = max(1, now // 2) if took > LONG else min(size, now * 2)

    def _took(self, start: float, kind: str, count: int) -> float:
        seconds = time.perf_counter() - start
        self.pruned.add(kind, count)
        self.pruned.longest = max(self.pruned.longest, seconds)
        # As long as it took: writers get every second turn at least.
        self._pause(min(seconds, LONGEST_PAUSE))
        return seconds


def _sessions_before(project: Project, border: datetime) -> Iterator[int]:
    """Sessions that may hold something older, a page at a time: they may be many."""
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
