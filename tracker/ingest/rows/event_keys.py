"""Which reports are new: an event id is taken in once within its session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from django.db.models import QuerySet

from tracker.ingest.rows.of_session import OfProject, rows_of
from tracker.ingest.rows.sql import db_time, insert_returning
from tracker.models import EventKey, UsageSample

EventKeyRow = tuple[int, bytes]


def digest_of(event_id: str, *, kind: str = "usage") -> bytes:
    """A 128-bit digest: narrow rows, and no two ids are ever taken for one."""
    return blake2b(
        f"{kind}\0{event_id}".encode(), digest_size=16, usedforsecurity=False
    ).digest()


def is_taken(session_id: int, event_id: str) -> bool:
    """Whether a usage report of this id is known already."""
    key = EventKey.objects.filter(session_id=session_id, digest=digest_of(event_id))
    return key.exists()


def sample_of(session: OfProject, event_id: str) -> QuerySet[UsageSample]:
    """The sample it was stored as, or none. Found by its time, so that PostgreSQL looks
    into one week's partition.
    """
    keys = EventKey.objects.filter(session_id=session.id, digest=digest_of(event_id))
    at = keys.values_list("at", flat=True).first()
    if at is None:
        return UsageSample.objects.none()
    return rows_of(UsageSample, session, at=at, event_id=event_id)


def release(key: EventKeyRow) -> None:
    """Forget a refused report's id, so that the corrected report may bring it."""
    EventKey.objects.filter(session_id=key[0], digest=key[1]).delete()


def claim(rows: Sequence[tuple[int, bytes, datetime, int]]) -> set[EventKeyRow]:
    """Take in (session_id, digest, at, project_id); answers the keys that were not
    there before.
    """
    made = insert_returning(
        EventKey,
        ("session_id", "digest", "at", "project_id"),
        [
            (session, digest, db_time(at), project)
            for session, digest, at, project in rows
        ],
        "session_id, digest",
    )
    return {(session_id, bytes(digest)) for session_id, digest in made}
