"""How many reports a minute a key may send, where an administrator set a limit.

Our own, because the library `limits` costs more than twice as much per request and
refuses a batch that is larger than the limit for ever.
"""

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
    """A bucket of tokens per key, which holds one minute's reports and refills evenly.

    Each process counts for itself: with n processes a key may send up to n times as
    much.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, grant: KeyGrant, reports: int) -> None:
        """Count these. Raises ApiError 429, which says when to come back.

        A batch larger than the limit passes when the bucket is full. With a limit of
        10 a minute, a batch of 30 leaves -20: the next report passes after 126 s.
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
