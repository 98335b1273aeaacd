"""Writes the rows of gateway calls, at most every second; nobody waits for them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections, transaction

from tracker.models import GatewayCall

WRITE_SECONDS = 1.0
MOST_WAITING = 10_000
logger = logging.getLogger(__name__)


class CallLog:
    """Thread-safe. What the database does not take waits for the next time; beyond
    MOST_WAITING the oldest are lost. The first call after a pause is written at once;
    a crash loses at most WRITE_SECONDS of rows where calls come faster. They are for
    people to look at, and no count rests on them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._written_at = clock() - WRITE_SECONDS
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[GatewayCall] = []
        self._timer: threading.Timer | None = None

    def note(self, call: GatewayCall) -> None:
        with self._lock:
            self._waiting.append(call)
            del self._waiting[:-MOST_WAITING]
            if self._timer is None:
                self._timer = threading.Timer(self.next_write_seconds(), self.write)
                self._timer.daemon = True
                self._timer.start()

    def next_write_seconds(self) -> float:
        """How long a call noted now waits for its row."""
        passed = self._clock() - self._written_at
        return max(0.0, WRITE_SECONDS - passed)

    def write(self) -> None:
        """Write what waits. Called by the timer, and at shutdown: then all is written,
        also what the timer had begun.
        """
        with self._writing:
            self._write()

    def _write(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._written_at = self._clock()
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()  # at shutdown it would fire after the database is closed
        if not waiting:
            return
        close_old_connections()
        try:
            GatewayCall.objects.bulk_create(waiting)
        except DatabaseError as error:
            self._one_by_one(waiting, error)
        close_old_connections()

    def _one_by_one(self, waiting: list[GatewayCall], error: DatabaseError) -> None:
        """A call whose session was deleted meanwhile must not hold the others up."""
        for at, call in enumerate(waiting):
            try:
                with transaction.atomic():
                    call.pk = None
                    call.save(force_insert=True)
            except DatabaseError as again:
                if type(again) is type(error) and not at:
                    is_away = not _answers()
                    if is_away:
                        logger.warning("Calls wait for the database: %s", error)
                        for left in waiting:
                            self.note(left)
                        return
                logger.info("A call's row is lost: %s", again)


def _answers() -> bool:
    try:
        GatewayCall.objects.exists()
    except DatabaseError:
        return False
    return True


call_log = CallLog()
