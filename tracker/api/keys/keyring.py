"""Which project a key belongs to and what it may do. Known keys are kept in memory.

A revoked key is refused at the next write, because the writing transaction sees the
new version; and within a second for reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from tracker.ingest.rows.store_trouble import answers_within
from tracker.models import ApiKey
from tracker.models.access.api_keys import hash_key
from tracker.reading.config_cache import ConfigCache

STORE_SECONDS = 4.0  # clients wait 10 s; the writer needs the rest
UNKNOWN_REMEMBERED = 1_000  # a client with a wrong key keeps asking
_UNREAD = object()


@dataclass(frozen=True, slots=True)
class KeyGrant:
    key_id: int
    project_id: int
    scopes: frozenset[str]
    ends_at: datetime | None  # of a revoked key: when that was
    rate_limit_per_minute: int | None

    @property
    def has_ended(self) -> bool:
        return self.ends_at is not None and self.ends_at <= datetime.now(UTC)


class Keyring:
    """Knows a key's grant for a second without asking the database. Thread-safe.

    `cached` and `recent` may be called on the event loop: `find` may query.
    """

    def __init__(self) -> None:
        self._grants: ConfigCache[dict[str, KeyGrant | None]] = ConfigCache(dict)

    def cached(self, key: str) -> KeyGrant | None:
        """A grant that is known and fresh, else None: then ask `find` in a thread."""
        grants = self._grants.fresh()
        return None if grants is None else grants.get(key)

    def renew(self) -> None:
        """Ask the database now whether a key has changed."""
        self._grants.renew()

    def recent(self, key: str) -> KeyGrant | None:
        """The grant as of the last answer of the database, also while that is away."""
        grants = self._grants.last()
        return None if grants is None else grants.get(key)

    def find(self, key: str) -> KeyGrant | None:
        """The grant of a key, also of one that has ended (`usable` refuses it); None
        of what is no key. At most two queries.
        """
        fresh = self._grants.fresh()
        if fresh is not None and key in fresh:
            return fresh[key]
        with answers_within(STORE_SECONDS):
            grants = self._grants.get()
            known = grants.get(key, _UNREAD)
            if known is not _UNREAD:
                return cast(KeyGrant | None, known)
            grant = _read(key)
        # If the key was revoked since it was read, the next `get` brings other grants,
        # and this one is forgotten.
        _forget_unknown(grants)
        grants[key] = grant
        return grant


def _forget_unknown(grants: dict[str, KeyGrant | None]) -> None:
    """Wrong keys are as many as somebody cares to try: they must not fill memory."""
    if len(grants) > UNKNOWN_REMEMBERED:
        for key, grant in list(grants.items()):
            if grant is None:
                grants.pop(key, None)


def _read(key: str) -> KeyGrant | None:
    row = ApiKey.objects.filter(key_hash=hash_key(key)).first()
    if row is None:
        return None
    return KeyGrant(
        key_id=row.pk,
        project_id=row.project_id,
        scopes=frozenset(() if row.revoked_at else row.scopes),
        ends_at=row.revoked_at or row.expires_at,
        rate_limit_per_minute=row.rate_limit_per_minute,
    )


keyring = Keyring()
