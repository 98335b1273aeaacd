"""Writes the rows of gateway calls every second; nobody waits for them."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, close_old_connections, transaction

from tracker.models import GatewayCall

WRITE_SECONDS = 1.0
MOST_WAITING = 10_000
logger = logging.getLogger(__name__)


class CallLog:
    """Thread-safe. What the database does not take waits for the next time; beyond
    MOST_WAITING the oldest are lost. A crash loses at most WRITE_SECONDS of rows: they
    are for people to look at, and no count rests on them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[GatewayCall] = []
        self._timer: threading.Timer | None = None

    def note(self, call: GatewayCall) -> None:
        with self._lock:
            self._waiting.append(call)
            del self._waiting[:-MOST_WAITING]
            if self._timer is None:
                self._timer = threading.Timer(WRITE_SECONDS, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write what waits. Called by the timer, and at shutdown."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
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
