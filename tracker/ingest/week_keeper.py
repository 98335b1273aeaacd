"""PostgreSQL: a server's thread that makes the weeks of history in time."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection
from django.utils import timezone

from tracker.ingest.partitions import Busy, make_weeks

EVERY_SECONDS = 3_600.0
SOON_SECONDS = 60.0  # after a failure
logger = logging.getLogger(__name__)


class WeekKeeper:
    """Makes them at the server's start and each hour; no failure ends it."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="week keeper", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            pause = EVERY_SECONDS if _made() else SOON_SECONDS


def _made() -> bool:
    try:
        try:
            make_weeks(timezone.now())
        finally:
            connection.close()
    except (Busy, DatabaseError) as error:
        logger.warning("No partitions were made this time: %s", error)
    except Exception:
        logger.exception("No partitions were made this time")
    else:
        return True
    return False
