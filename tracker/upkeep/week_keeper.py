"""PostgreSQL: a server's thread that makes the weeks of history in time."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.utils import timezone

from tracker.ingest.door.repeating import RepeatingThread
from tracker.upkeep.partitions import Busy, make_weeks

EVERY_SECONDS = 3_600.0
SOON_SECONDS = 60.0  # after a failure
logger = logging.getLogger(__name__)


class WeekKeeper(RepeatingThread):
    """Makes them at the server's start and each hour; no failure ends it."""

    def __init__(self) -> None:
        super().__init__("week keeper")

    def step(self) -> float:
        try:
            try:
                make_weeks(timezone.now())
            finally:
                connection.close()  # none is held for the hour
        except (Busy, DatabaseError) as error:
            logger.warning("No partitions were made this time: %s", error)
        except Exception:  # without its weeks the server takes no report: try on
            logger.exception("No partitions were made this time")
        else:
            return EVERY_SECONDS
        return SOON_SECONDS
