"""How many reports a key may send in a minute, where its administrator set a limit."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tracker.api.errors import ApiError
from tracker.api.keys.keyring import KeyGrant

MINUTE = 60.0


@dataclass(slots=True)
class _Bucket:
    reports: float
    filled_at: float


class RateLimiter:
    """A bucket per key, refilled evenly, that holds one minute's reports. Each
    process has its own: with n processes a key may send up to n times as much.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, grant: KeyGrant, reports: int) -> None:
        """Count these. Raises ApiError 429, which says when to come back.

        A batch larger than the limit passes when the bucket is full, and is paid off
        by waiting.
        """
        limit = grant.rate_limit_per_minute
        if limit is None or not reports:
            return
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(grant.key_id, _Bucket(limit, now))
            refilled = bucket.reports + (now - bucket.filled_at) * limit / MINUTE
            bucket.reports, bucket.filled_at = min(float(limit), refilled), now
            missing = min(reports, limit) - bucket.reports
            if missing > 0 or not limit:
                raise _too_many(limit, missing)
            bucket.reports -= reports


def _too_many(limit: int, missing: float) -> ApiError:
    wait = math.ceil(missing * MINUTE / limit) if limit else int(MINUTE)
    return ApiError(
        429,
        "rate_limit",
        f"this API key may send {limit:,} reports a minute; nothing of this was stored",
        retry_after=max(1, wait),
    )


rate_limiter = RateLimiter()
