"""Packs the event keys of sessions that rest (`ingest/rows/packed_keys.py`).

Uniqueness holds meanwhile: a key moves in one transaction, under the lock of its
session, which the writer holds, too, when it asks whether a report is new.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tracker.ingest.repeating import RepeatingThread
from tracker.ingest.rows.packed_keys import pack, unpack
from tracker.ingest.rows.sql import db_time, insert_many
from tracker.models import EventKey, LLMSession, PackedKeys

REST = timedelta(days=1)  # without a report: few sessions go on after it
STEP = 1_000  # keys of one transaction: 10 to 20 ms
LONGEST_PAUSE = 0.1  # seconds
FIRST_SECONDS = 300.0  # a server that has just started has other things to do
EVERY_SECONDS = 3_600.0
COLUMNS = ("session_id", "first", "keys", "oldest_at", "project_id")
logger = logging.getLogger(__name__)


class KeyPacker(RepeatingThread):
    """Packs event keys each hour. A failure is logged and tried again. Several may run:
    each leaves out sessions that another one has locked.
    """

    def __init__(self) -> None:
        super().__init__("key packer")
        self._pause_first = FIRST_SECONDS

    def step(self) -> float:
        if self._pause_first:
            pause, self._pause_first = self._pause_first, 0.0
            return pause
        try:
            try:
                pack_resting(timezone.now(), pause=self._pause)
            finally:
                connection.close()
        except Stopped:
            pass
        except DatabaseError as error:
            logger.warning("Event keys were not packed this time: %s", error)
        except Exception:  # the thread must live
            logger.exception("Event keys were not packed this time")
        return EVERY_SECONDS

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Stopped


class Stopped(Exception):
    """The server stops: the rest waits for its next start."""


def pack_resting(
    now: datetime, *, pause: Callable[[float], object] = time.sleep
) -> int:
    """Pack the keys of all sessions without a report since `now` - REST, a step in a
    transaction; answers how many keys. Call outside a transaction.
    """
    start, packed = 0, 0
    while True:
        began = time.perf_counter()
        ids = _sessions_with_keys(start)
        if not ids:
            return packed
        count, unfinished = _pack_some(ids, now - REST)
        packed += count
        start = ids[-1] + 1 if unfinished is None else unfinished
        pause(min(time.perf_counter() - began, LONGEST_PAUSE))


def _sessions_with_keys(start: int) -> list[int]:
    """The next sessions that have as many keys together as one step packs."""
    keys = EventKey.objects.filter(session_id__gte=start).order_by("session_id")
    return sorted(set(keys.values_list("session_id", flat=True)[:STEP]))


@transaction.atomic
def _pack_some(ids: list[int], before: datetime) -> tuple[int, int | None]:
    """How many keys, and the session for whose last ones the step had no room."""
    projects = _locked(ids, before)
    rows = EventKey.objects.filter(session__in=list(projects))
    columns = ("session_id", "digest", "at")
    keys: dict[int, dict[bytes, datetime]] = {}
    found = list(rows.order_by("session_id", "digest").values_list(*columns)[:STEP])
    for pk, digest, at in found:
        keys.setdefault(pk, {})[bytes(digest)] = at
    if not keys:
        return 0, None
    *whole, last = keys
    EventKey.objects.filter(session__in=whole).delete()
    newest = max(keys[last])
    EventKey.objects.filter(session=last, digest__lte=newest).delete()
    for pk in _packed_before(keys):
        span = min(keys[pk]), max(keys[pk])
        keys[pk] = _taken_out(pk, projects[pk], *span) | keys[pk]
    insert_many(
        PackedKeys, COLUMNS,
        [
            (pk, first, packed, db_time(oldest_at), projects[pk])
            for pk, of_session in keys.items()
            for first, packed, oldest_at in pack(of_session)
        ],
    )  # fmt: skip
    return len(found), last if len(found) == STEP else None


def _locked(ids: list[int], before: datetime) -> dict[int, int]:
    """Session and project of those that rest. Each project's are locked by a statement
    that names it: a database that is distributed by project refuses any other.
    """
    resting = LLMSession.objects.filter(pk__in=ids, last_at__lt=before).order_by("pk")
    projects = dict(resting.values_list("pk", "project_id"))
    if not connection.features.has_select_for_update_skip_locked:
        return projects
    locked: dict[int, int] = {}
    for project in sorted(set(projects.values())):
        # Who waited for one session with others locked could deadlock with a writer.
        own = resting.filter(project=project).select_for_update(skip_locked=True)
        locked |= dict.fromkeys(own.values_list("pk", flat=True), project)
    return dict(sorted(locked.items()))


def _packed_before(ids: Iterable[int]) -> list[int]:
    """Those of these sessions that went on after a rest."""
    rows = PackedKeys.objects.filter(session__in=list(ids)).order_by()
    return list(rows.values_list("session_id", flat=True).distinct())


def _taken_out(
    session_id: int, project_id: int, least: bytes, most: bytes
) -> dict[bytes, datetime]:
    """The keys of the rows into whose span these digests fall; the rows are deleted."""
    rows = PackedKeys.objects.filter(session_id=session_id, project_id=project_id)
    below = rows.filter(first__lte=least).order_by("-first")
    start = below.values_list("first", flat=True).first() or least
    rows = rows.filter(first__gte=bytes(start), first__lte=most)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()  # `prune` may be taking old keys out of them
    found: dict[bytes, datetime] = {}
    for row in rows.order_by("first"):
        found.update(unpack(bytes(row.keys)))
    PackedKeys.objects.filter(
        session_id=session_id,
        project_id=project_id,
        first__gte=bytes(start),
        first__lte=most,
    ).delete()
    return found
