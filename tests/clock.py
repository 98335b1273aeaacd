"""A clock that a test turns by itself."""

from __future__ import annotations


class Clock:
    """Seconds, as `time.monotonic` gives them; they stand until a test adds some."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now
