"""Deletes rows of many sessions in few statements, without holding up ingest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from tracker.ingest.rows.packed_keys import without_before
from tracker.models import (
    ConfigVersion,
    EventKey,
    LLMSession,
    PackedKeys,
    Project,
    UsageSample,
)
from tracker.upkeep.deleting import delete_idle

BATCH = 200  # rows in a first transaction: 2 to 5 ms
MOST = 2_000  # in one, where others were quick before
LEAST = 50  # fewer take as long: it is the statement that takes it
BATCH_TEXTS = 20  # some are megabytes
# Rows of sessions go with 35 statements, however few there are. On SQLite every report
# waits for them: those of 100 sessions take 2.5 times as long as those of 20.
SESSIONS, MOST_SESSIONS = 100, 200
LEAST_SESSIONS = 20
LONG = 0.02  # seconds; after such a transaction the next takes half as many rows
LONGEST_PAUSE = 0.1  # seconds


class Eraser:
    """Deletes in short transactions: each takes as many rows as went quickly the last
    time. A pause as long as the transaction follows, so that writers get half of the
    time.

    `note` is called after each: what was deleted, how many rows, in how many seconds.
    """

    def __init__(
        self,
        *,
        note: Callable[[str, int, float], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._note = note
        self._pause = pause
        self._sizes: dict[str, int] = {}  # kind -> rows of its next transaction

    def groups(self, sessions: Iterator[tuple[int, int]]) -> Iterator[list[int]]:
        """Ids of sessions with up to MOST samples together. `sessions`: their ids, and
        how many samples each has.

        Not fewer on a busy machine: each group takes a dozen statements, however few
        rows it has, and one session a group took 26 ms a session.
        """
        group: list[int] = []
        rows = 0
        for pk, samples in sessions:
            if group and rows + samples > MOST:
                yield group
                group, rows = [], 0
            group.append(pk)
            rows += samples
        if group:
            yield group

    def of_sessions(self, kind: str, model: type[Model], ids: list[int], q: Q) -> None:
        """Samples or keys: what `q` says, of all these sessions at once, or of
        half of them where that is too much.
        """
        rows = model._default_manager.filter(q, session__in=ids)
        if len(ids) > 1 and connection.vendor != "sqlite":
            # Nobody waits for these rows, and a group has MOST of them at most. Counted
            # and halved, they took 27 statements.
            self._delete(kind, rows, None, MOST)
            return
        size = self._sizes.get(kind, BATCH)
        count = rows[: size + 1].count()
        if count <= size:
            if count:
                self._delete(kind, rows, count, MOST)
        elif len(ids) > 1:
            for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                self.of_sessions(kind, model, half, q)
        elif model is UsageSample:
            self._samples(rows)
        else:
            name = {EventKey: "digest", PackedKeys: "first"}[model]
            self._keys(kind, rows, name)

    def rows(self, kind: str, rows: Any, name: str, most: int) -> None:
        """A part of them at a time, found by the column `name`."""
        wanted = rows.values_list(name, flat=True)
        while values := list(wanted[: self._sizes.get(kind, min(most, BATCH))]):
            batch = rows.filter(**{f"{name}__in": values})
            self._delete(kind, batch, len(values), most)

    def _keys(self, kind: str, rows: QuerySet[Any], name: str) -> None:
        """Of one session, in the order of its index by `name`. Each part begins behind
        the last one: searched from the first key on, 57,589 old ones of 100,000 took
        PostgreSQL 17 ms for each 200, most of it to pass those that stay.
        """
        left = rows.order_by(name).values_list(name, flat=True)
        while values := list(left[: self._sizes.get(kind, BATCH)]):
            batch = rows.filter(**{f"{name}__in": values})
            self._delete(kind, batch, len(values), MOST)
            left = left.filter(**{f"{name}__gt": values[-1]})

    def _samples(self, rows: QuerySet[Any]) -> None:
        """Of one session, oldest first, because PostgreSQL's index is by session and
        time. With both ends of a part's time it looks into one week, not into all.
        """
        ordered = rows.order_by("at", "pk").values_list("pk", "at")
        left = ordered
        while found := list(left[: self._sizes.get("samples", BATCH)]):
            first, last = found[0][1], found[-1][1]
            of_part = Q(at__gte=first, at__lte=last)
            batch = rows.filter(of_part, pk__in=[pk for pk, _ in found])
            self._delete("samples", batch, len(found), MOST)
            left = ordered.filter(at__gte=last)

    def packed_keys(
        self, ids: list[int], *, project: Project, before: datetime
    ) -> None:
        """Keys from before then, which lie in one row with newer ones. Those of idle
        sessions with few go with the session.
        """
        many = Q(last_at__gte=before) | Q(sample_count__gt=MOST)
        sessions = LLMSession.objects.filter(many, pk__in=ids)
        held = list(sessions.values_list("pk", flat=True))
        of_project = PackedKeys.objects.filter(project_id=project.pk)
        old = of_project.filter(session__in=held, oldest_at__lt=before)
        rows = old.order_by("session_id", "first")
        if connection.features.has_select_for_update:
            rows = rows.select_for_update()  # more keys may be packed into them
        kind = "packed keys"
        while held and old.exists():
            with transaction.atomic():
                began = time.perf_counter()
                found = list(rows[: self._sizes.get(kind, BATCH_TEXTS)])
                count = without_before(found, before)
            self._took(kind, count, began, len(found), BATCH)

    def sessions(
        self, ids: Sequence[int], *, project: Project, since: datetime | None
    ) -> None:
        """The rows of those without a report since then, with what is left of them."""
        start = 0
        while start < len(ids):
            size = self._sizes.get("sessions", _fewest_sessions())
            part = ids[start : start + size]
            began = time.perf_counter()
            count = delete_idle(part, project=project, since=since)
            self._took("sessions", count, began, len(part), MOST_SESSIONS)
            start += size

    def _delete(self, kind: str, batch: Any, count: int | None, most: int) -> None:
        """`count` is None if the rows were not counted."""
        with transaction.atomic():
            began = time.perf_counter()  # from here on writers wait
            deleted = batch.delete()[0]
            if batch.model is UsageSample:
                ConfigVersion.samples_deleted()
        known = deleted if count is None else count  # what hangs on them is not meant
        self._took(kind, known, began, known, most)

    def _took(self, kind: str, count: int, began: float, tried: int, most: int) -> None:
        seconds = time.perf_counter() - began
        size = self._sizes.get(kind, min(most, BATCH))
        if seconds > LONG:
            fewest = {BATCH_TEXTS: 1, MOST_SESSIONS: _fewest_sessions()}
            least = fewest.get(most, self._least())
            self._sizes[kind] = max(min(least, most), tried // 2)
        elif seconds < LONG / 3:
            self._sizes[kind] = min(most, size * 2)
        if count:
            self._note(kind, count, seconds)
        self._pause(min(seconds, LONGEST_PAUSE))

    def _least(self) -> int:
        """On PostgreSQL no report waits for old rows that are being deleted, only for
        a session's row and its project's: they go by SESSIONS.
        """
        return LEAST if connection.vendor == "sqlite" else BATCH


def _fewest_sessions() -> int:
    """In one transaction. The first has as many: it may be the longest of all."""
    return LEAST_SESSIONS if connection.vendor == "sqlite" else SESSIONS


def sessions_of(
    project: Project, *, before: datetime | None = None
) -> Iterator[tuple[int, int]]:
    """Ids and numbers of samples of the sessions that may hold rows before then. Read
    page by page: there may be millions.
    """
    last = 0
    while True:
        page = LLMSession.objects.filter(project=project, pk__gt=last).order_by("pk")
        columns = ("pk", "sample_count", "created_at", "first_at")
        rows = list(page.values_list(*columns)[:1_000])
        if not rows:
            return
        for pk, samples, created_at, first_at in rows:
            if before is None or min(created_at, first_at or created_at) < before:
                yield pk, samples
        last = rows[-1][0]
