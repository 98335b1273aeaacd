"""PostgreSQL: a thread of the server that makes the partitions of coming weeks."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.utils import timezone

from tracker.ingest.repeating import RepeatingThread
from tracker.upkeep.weeks.partitions import Busy, make_weeks

EVERY_SECONDS = 3_600.0
SOON_SECONDS = 60.0  # after a failure
logger = logging.getLogger(__name__)


class WeekKeeper(RepeatingThread):
    """Makes them at the start and each hour. A failure is logged and tried again."""

    def __init__(self) -> None:
        super().__init__("week keeper")

    def step(self) -> float:
        try:
            try:
                make_weeks(timezone.now())
            finally:
                connection.close()  # else it would be held for an hour
        except (Busy, DatabaseError) as error:
            logger.warning("No partitions were made this time: %s", error)
        except Exception:  # the thread must live: without it weeks end up in DEFAULT
            logger.exception("No partitions were made this time")
        else:
            return EVERY_SECONDS
        return SOON_SECONDS
