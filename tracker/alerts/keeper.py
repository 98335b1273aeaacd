"""The server's thread that delivers alerts. No report waits for it."""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError
from django.utils import timezone

from tracker.alerts.outbox import AT_ONCE, deliver_due, forget_old
from tracker.alerts.watching.diverging import note_diverging
from tracker.alerts.watching.silence import note_silence
from tracker.alerts.watching.spending import note_spending
from tracker.ingest.repeating import RepeatingThread, rest

EVERY_SECONDS = 1.0
SILENCE_EVERY = 30.0
SPENDING_EVERY = 300.0  # sums the samples of a month
DIVERGING_EVERY = 60.0
FORGET_EVERY = 3_600.0
logger = logging.getLogger("tracker.alerts")


class AlertKeeper(RepeatingThread):
    """Sends what waits, also what an earlier process left. A failure is logged and
    tried again.
    """

    def __init__(self) -> None:
        super().__init__("alerts")
        self._silence_at = self._forget_at = self._spending_at = 0.0
        self._diverging_at = 0.0

    def step(self) -> float:
        try:
            now, moment = timezone.now(), time.monotonic()
            if moment - self._silence_at >= SILENCE_EVERY:
                self._silence_at = moment
                note_silence(now)
            if moment - self._spending_at >= SPENDING_EVERY:
                self._spending_at = moment
                note_spending(now)
            if moment - self._diverging_at >= DIVERGING_EVERY:
                self._diverging_at = moment
                note_diverging(now)
            if moment - self._forget_at >= FORGET_EVERY:
                self._forget_at = moment
                forget_old(now)
            return 0.0 if deliver_due(now) == AT_ONCE else EVERY_SECONDS
        except DatabaseError as error:
            logger.warning("Alerts wait for the database: %s", error)
        except Exception:  # the thread must live: later alerts would wait for ever
            logger.exception("Alerts were not delivered this time")
        finally:
            rest()
        return 10 * EVERY_SECONDS
