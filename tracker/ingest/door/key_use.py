"""When each API key was last used, written at most once a minute per key."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tracker.ingest.arrivals import Arrival
from tracker.models import ApiKey

EVERY_SECONDS = 60.0


class KeyUse:
    def __init__(self) -> None:
        self._written: dict[int, float] = {}

    def note(self, arrivals: Iterable[Arrival]) -> None:
        now = time.monotonic()
        for arrival in {a.api_key_id: a for a in arrivals}.values():
            key_id = arrival.api_key_id
            if key_id is None:
                continue
            if now - self._written.get(key_id, -EVERY_SECONDS) >= EVERY_SECONDS:
                self._written[key_id] = now
                ApiKey.objects.filter(pk=key_id).update(
                    last_used_at=arrival.received_at
                )
