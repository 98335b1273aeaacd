"""When to try a server again that did not take reports."""

from __future__ import annotations

import random

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds


class Outage:
    """Waits longer after each failure in a row: 0.5, 1, 2, … at most 30 s.

    Each wait is shortened at random by up to half, so that many clients do not come
    back at the same moment. It is never shorter than what the server asked for.
    Times are those of `time.monotonic`.
    """

    def __init__(self) -> None:
        self.ends_at: float | None = None  # None: the last request was answered
        self._failures = 0

    def failed(self, now: float, after_seconds: float | None = None) -> None:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._failures, 10))
        wait *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, hides nothing
        self._failures += 1
        self.ends_at = now + max(wait, after_seconds or 0.0)

    def over(self) -> None:
        self._failures = 0
        self.ends_at = None

    def lasts(self, now: float) -> bool:
        return self.ends_at is not None and now < self.ends_at
