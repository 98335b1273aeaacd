"""Which reports are new: an event id is taken in once within its session.

Its key has a row, and lies with others in one once its session rests
(`packed_keys.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from hashlib import blake2b

from django.db.models import QuerySet

from tracker.ingest.rows.of_session import OfProject, rows_of
from tracker.ingest.rows.packed_keys import time_of
from tracker.ingest.rows.sql import db_time, insert_returning, is_sqlite
from tracker.models import EventKey, PackedKeys, UsageSample

EventKeyRow = tuple[int, bytes]


def digest_of(event_id: str, *, kind: str = "usage") -> bytes:
    """A 128-bit digest: narrow rows, and no two ids are ever taken for one."""
    return blake2b(
        f"{kind}\0{event_id}".encode(), digest_size=16, usedforsecurity=False
    ).digest()


def is_taken(session: OfProject, event_id: str) -> bool:
    """Whether a usage report of this id is known already."""
    return _time_of(session, digest_of(event_id)) is not None


def _time_of(session: OfProject, digest: bytes) -> datetime | None:
    keys = EventKey.objects.filter(session_id=session.id, digest=digest)
    at = keys.values_list("at", flat=True).first()
    return time_of(session, digest) if at is None else at


def sample_of(session: OfProject, event_id: str) -> QuerySet[UsageSample]:
    """The sample it was stored as, or none. Found by its time, so that PostgreSQL looks
    into one week's partition.
    """
    at = _time_of(session, digest_of(event_id))
    if at is None:
        return UsageSample.objects.none()
    return rows_of(UsageSample, session, at=at, event_id=event_id)


def move_key(session: OfProject, event_id: str, at: datetime) -> None:
    """Its sample is at this time. A packed key gets a row beside: that counts first."""
    digest = digest_of(event_id)
    keys = EventKey.objects.filter(session_id=session.id, digest=digest)
    if keys.exists():
        keys.update(at=at)
    elif time_of(session, digest) is not None:
        EventKey.objects.create(
            session_id=session.id, digest=digest, at=at, project_id=session.project_id
        )


def release(key: EventKeyRow) -> None:
    """Forget a refused report's id, so that the corrected report may bring it."""
    EventKey.objects.filter(session_id=key[0], digest=key[1]).delete()


def claim(rows: Sequence[tuple[int, bytes, datetime, int]]) -> set[EventKeyRow]:
    """Take in (session_id, digest, at, project_id); answers the keys that were not
    there before. The sessions are locked: so none of their keys is packed meanwhile.
    """
    made = insert_returning(
        EventKey,
        ("session_id", "digest", "at", "project_id"),
        [
            (session, digest, db_time(at), project)
            for session, digest, at, project in rows
        ],
        "session_id, digest",
        where=_is_not_packed(),
    )
    return {(session_id, bytes(digest)) for session_id, digest in made}


@cache
def _is_not_packed() -> str:
    """A digest that is found in the bytes of another key, too, is as unlikely as two
    equal digests.
    """
    held = (
        f"(SELECT keys FROM {PackedKeys._meta.db_table} "  # noqa: S608 - our table
        "WHERE session_id = given.column1 AND project_id = given.column4 "
        "AND first <= given.column2 ORDER BY first DESC LIMIT 1)"
    )
    if is_sqlite():
        return f"coalesce(instr({held}, given.column2), 0) = 0"
    return f"coalesce(position(given.column2 IN {held}), 0) = 0"
