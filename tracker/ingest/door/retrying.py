"""Patience for imports: what failed because the database was away is done again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection

from tracker.ingest.arrivals import Saturated, StoreUnavailable
from tracker.ingest.rows.store_trouble import is_away

PAUSE_SECONDS = 1.0
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class Retrying:
    """Calls again, a second later, while the database is away or the writer is full:
    for at most `seconds`, and until `stop` is set. Then the last error is raised.

    Give it only what is safe to do twice: reports are, as each has an event_id.
    """

    def __init__(self, stop: threading.Event, *, seconds: float = float("inf")) -> None:
        self._stop = stop
        self._seconds = seconds

    def __call__(self, function: Callable[[], Result]) -> Result:
        started = time.monotonic()
        while True:
            try:
                return function()
            except (Saturated, StoreUnavailable, DatabaseError) as error:
                if isinstance(error, DatabaseError):
                    if not is_away(error):
                        raise
                    connection.close()  # this thread's; the next call opens another
                if time.monotonic() - started > self._seconds:
                    raise
                logger.warning("An import waits for the database: %s", error)
                if self._stop.wait(PAUSE_SECONDS):
                    raise
