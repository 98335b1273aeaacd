"""Caches keys, policies and projects in a process until their version changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from tracker.models.settings.config_version import ConfigVersion

CHECK_SECONDS = 1.0
T = TypeVar("T")
_caches: WeakSet[ConfigCache[Any]] = WeakSet()


def confirm(version: int, at: float) -> None:
    """Keep every value of this version for another CHECK_SECONDS. The writer reads the
    version in each of its transactions: without this, 32 clients would once a second
    wait for a thread that asks for the same number.

    `at` is time.monotonic() before the version was read.
    """
    for cache in tuple(_caches):
        cache.confirm(version, at)


class ConfigCache(Generic[T]):
    """Holds the value made by `load`, at most CHECK_SECONDS older than the database.
    Thread-safe.

    Each change of a key, policy or project raises the number in ConfigVersion. `get`
    reads that number once a second, and calls `load` when it has changed. What callers
    add to a value is lost when it is replaced; it was read before the change, so that
    is right.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        # Version, value and when it was checked, replaced together: a reader without
        # a lock never sees the value of one version with the number of another.
        self._held: tuple[int, T, float] | None = None
        self._lock = threading.Lock()  # for replacing it, never while asking
        _caches.add(self)

    def confirm(self, version: int, at: float) -> None:
        """The version was this one at that time."""
        with self._lock:
            held = self._held
            if held is not None and held[0] == version and held[2] < at:
                self._held = (version, held[1], at)

    def get(self) -> T:
        """The present value. At most one query, and those of `load`."""
        fresh = self.fresh()
        return self.renew() if fresh is None else fresh

    def renew(self) -> T:
        """As `get`, and the version is read now, however fresh the value is."""
        held, now = self._held, time.monotonic()
        # Without a lock: when the database hangs, each thread waits once, and not for
        # all threads before it. Two threads may load the same; either is right.
        version = ConfigVersion.current()
        if held is None or held[0] != version:
            held = (version, self._load(), now)
        with self._lock:
            self._held = (version, held[1], now)
        return held[1]

    def fresh(self) -> T | None:
        """The value if it needs no query now, else None: for the event loop."""
        held = self._held
        if held is None or time.monotonic() - held[2] > CHECK_SECONDS:
            return None
        return held[1]

    @property
    def is_ageing(self) -> bool:
        """Whether it is fresh for half a second more at most: time to renew it in a
        thread, so that nobody has to wait for that.
        """
        held = self._held
        return held is not None and time.monotonic() - held[2] > CHECK_SECONDS / 2

    def last(self) -> T | None:
        """The value as of the last check, however old: for who checks the version again
        in a transaction.
        """
        return None if self._held is None else self._held[1]

    def forget(self) -> None:
        """For tests, which reset their database to an earlier state."""
        self._held = None
