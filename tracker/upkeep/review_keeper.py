"""Makes the reviews of compactions that were stored without waiting for them."""

from __future__ import annotations

import logging

from django.db import DatabaseError

from tracker.ingest.compressing.due_reviews import review_any
from tracker.ingest.repeating import RepeatingThread, rest

EVERY_SECONDS = 2.0
logger = logging.getLogger(__name__)


class ReviewKeeper(RepeatingThread):
    """A thread of the server that makes the due reviews, one at a time, in a worker.
    They are in the database, so it continues after a restart.
    """

    def __init__(self) -> None:
        super().__init__("review keeper")

    def step(self) -> float:
        try:
            while review_any(self._stopped) is not None:
                pass
        except DatabaseError as error:
            logger.warning("Reviews wait: %s", error)
        except Exception:  # the thread must live
            logger.exception("Reviews wait")
        finally:
            rest()
        return EVERY_SECONDS
