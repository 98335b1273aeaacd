"""The queue between the program's threads and the sender's thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from tracker.client.json_bodies import to_json
from tracker.client.sending.tally import Tally

# Called on the sender's thread; returns a report, or None if there is none to send.
Make = Callable[[], dict[str, Any] | None]

BATCH_REPORTS = 100
BATCH_BYTES = 4 * 1024 * 1024  # the server takes 8 MiB in one request


class Mark:
    """A place in the queue: `passed` is set once all reports before it are settled."""

    def __init__(self) -> None:
        self.passed = threading.Event()
        self.is_stored = False


class ReportQueue:
    """Holds at most about `most` reports. When it is full the oldest is lost, counted.

    Any thread may `append`, without ever waiting for a lock. That matters: the garbage
    collector may close a watched stream, and so append a report, in the middle of
    another call on the same thread. One thread at a time may `take`.
    """

    def __init__(self, most: int, tally: Tally) -> None:
        self._most = most
        self._tally = tally
        self._entries: deque[Make | Mark] = deque()
        self._reached: deque[Mark] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, entry: Make | Mark) -> None:
        self._entries.append(entry)
        # A flush of a full queue must not push a report out.
        if len(self._entries) > self._most and not isinstance(entry, Mark):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        # Counts what it takes out itself. A count made from the queue's length would
        # be wrong whenever another thread takes or appends at the same time.
        try:
            oldest = self._entries.popleft()
        except IndexError:
            return
        if isinstance(oldest, Mark):
            self._reached.append(oldest)
        else:
            self._tally.lose(1, "the queue was full")

    def take(self, reports: list[bytes]) -> None:
        """Move one batch to `reports`, as JSON. Ends early where a mark stands."""
        size = 0
        while self._entries and len(reports) < BATCH_REPORTS and size < BATCH_BYTES:
            try:
                entry = self._entries.popleft()
            except IndexError:  # `append` has dropped the last one.
                return
            if isinstance(entry, Mark):
                self._reached.append(entry)
                return
            report = self._made(entry)
            if report is not None:
                reports.append(report)
                size += len(report)

    def _made(self, make: Make) -> bytes | None:
        # Each report is made into JSON alone. A metadata key that is a tuple would
        # otherwise take a hundred good reports with it.
        try:
            report = make()
            return None if report is None else to_json(report)
        except Exception as error:  # noqa: BLE001 - a caller's values can raise anything
            self._tally.lose(1, f"could not be made: {error!r}")
            return None

    @property
    def has_reached_mark(self) -> bool:
        return bool(self._reached)

    def pass_marks(self, *, is_stored: bool) -> None:
        """Wake those who wait for the marks that `take` has reached."""
        while True:
            try:
                mark = self._reached.popleft()
            except IndexError:  # None left, or another thread passes them too.
                return
            mark.is_stored = is_stored
            mark.passed.set()
