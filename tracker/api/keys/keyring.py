"""Which project a key opens, and for what. Known keys are kept in memory.

A key that was revoked is refused at the next write (the writing transaction sees
the new version), and within a second for reads.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from tracker.ingest.rows.store_trouble import answers_within
from tracker.models import ApiKey, ConfigVersion
from tracker.models.api_keys import hash_key

CHECK_SECONDS = 1.0
STORE_SECONDS = 4.0  # clients wait 10 s, and the writer needs some of them
UNKNOWN_REMEMBERED = 1_000  # a client with a wrong key asks again and again


@dataclass(frozen=True, slots=True)
class KeyGrant:
    key_id: int
    project_id: int
    scopes: frozenset[str]
    expires_at: datetime | None
    rate_limit_per_minute: int | None

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class Keyring:
    """Synchronous; `cached` alone may be called on the event loop."""

    def __init__(self) -> None:
        self._grants: dict[str, KeyGrant | None] = {}
        self._version = -1
        self._checked = 0.0
        self._lock = threading.Lock()  # every request has a thread of its own

    def cached(self, key: str) -> KeyGrant | None:
        """A grant that is known and fresh, else None: then ask `find` in a thread."""
        if time.monotonic() - self._checked > CHECK_SECONDS:
            return None
        return self._grants.get(key)

    def find(self, key: str) -> KeyGrant | None:
        """The grant of a usable key, or None. At most two queries."""
        with answers_within(STORE_SECONDS):
            return self._find(key)

    def _find(self, key: str) -> KeyGrant | None:
        version = self._present_version()
        with self._lock:
            if key in self._grants:
                return self._grants[key]
        grant = _read(key)
        with self._lock:
            # Another thread may have seen since that it was revoked.
            if version == self._version:
                self._remember(key, grant)
        return grant

    def _present_version(self) -> int:
        """What is remembered is of this version: of another it is forgotten."""
        if time.monotonic() - self._checked > CHECK_SECONDS:
            version = ConfigVersion.current()
            with self._lock:
                if version != self._version:
                    self._grants.clear()
                    self._version = version
                self._checked = time.monotonic()
        return self._version

    def _remember(self, key: str, grant: KeyGrant | None) -> None:
        if len(self._grants) > UNKNOWN_REMEMBERED:
            self._grants = {k: g for k, g in self._grants.items() if g}
        self._grants[key] = grant


def _read(key: str) -> KeyGrant | None:
    row = ApiKey.objects.usable().filter(key_hash=hash_key(key)).first()
    if row is None:
        return None
    return KeyGrant(
        key_id=row.pk,
        project_id=row.project_id,
        scopes=frozenset(row.scopes),
        expires_at=row.expires_at,
        rate_limit_per_minute=row.rate_limit_per_minute,
    )


keyring = Keyring()
