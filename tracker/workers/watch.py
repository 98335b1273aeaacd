"""Knows whether the worker processes answer: for /readyz."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SILENT_SECONDS = 120.0  # no call takes so long, unless nobody answers any more
# One conversation that is too large for the memory kills its worker twice: that alone
# must not take the server away from everybody.
FAILURES = 3
REMEMBERED_SECONDS = 60.0


class WorkerWatch:
    """Told of each call. `clock` answers seconds. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began: dict[object, float] = {}
        self._failures = 0  # since the last answer
        self._failed_at = 0.0

    @contextmanager
    def call(self, away: type[Exception]) -> Iterator[None]:
        """Around one call. `away` is what it raises where no worker could answer; any
        other exception is the called function's own, and so an answer.
        """
        mark = object()
        with self._lock:
            self._began[mark] = self._clock()
        failed = 0
        try:
            yield
        except away:
            failed = 1
            raise
        finally:
            with self._lock:
                del self._began[mark]
                self._failures = (self._failures + 1) * failed
                self._failed_at = self._clock()

    def problem(self) -> str | None:
        """A sentence if the workers do not answer, else None."""
        with self._lock:
            began = min(self._began.values(), default=None)
            if began is not None and self._clock() - began > SILENT_SECONDS:
                return "the compression workers do not answer"
            is_recent = self._clock() - self._failed_at < REMEMBERED_SECONDS
            if self._failures >= FAILURES and is_recent:
                return "the last compressions found no worker"
        return None


watch = WorkerWatch()
