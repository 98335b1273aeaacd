"""Counts what became of reports, and logs each reason once."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

log = logging.getLogger("token_budget")

REASONS = 50  # reasons remembered; a message with a number in it has no end of them
SAME_AGAIN_SECONDS = 3_600.0
OTHER_REASONS = "other reasons"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a client's reports so far. All counts are numbers of reports.

    - `stored`: the server confirmed them; one that it knew already counts too.
    - `refused`: the server will never take them: they break a rule, or the URL or the
      key cannot be used at all. They are not sent again.
    - `lost`: they are gone without an answer: the queue or the disk was full, they
      could not be written as JSON, or the server failed on them five times.
    - `reasons`: why reports were refused or lost, each with its count, like
      `{"422 tokens.system: must be 0 or more": 3}`.
    - `problem`: why the server takes nothing at present, like `"401 unknown key"`; ""
      while it answers. Such reports wait on disk and are sent later.
    """

    stored: int = 0
    refused: int = 0
    lost: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    problem: str = ""


class Tally:
    """The counts behind a Delivery. Any thread may use it; each report counts once."""

    def __init__(self) -> None:
        # Reentrant: the garbage collector may close a watched stream, and so submit
        # a report, while the same thread is in here.
        self._lock = threading.RLock()
        self._stored = self._refused = self._lost = 0
        self._reasons: dict[str, int] = {}
        self._problem = ""
        self._logged_at: dict[str, float] = {}

    def store(self, count: int) -> None:
        with self._lock:
            self._stored += count

    def answered(self) -> None:
        self._problem = ""

    def refuse(self, count: int, reason: str) -> None:
        with self._lock:
            self._refused += count
            self._note(count, reason)
        self.warn("reports were refused", reason)

    def lose(self, count: int, reason: str) -> None:
        with self._lock:
            self._lost += count
            self._note(count, reason)
        self.warn("reports were lost", reason)

    def wait(self, reason: str) -> None:
        """The server takes nothing for `reason`; the reports are kept."""
        self._problem = reason
        self.warn("reports wait until the server takes them", reason)

    def _note(self, count: int, reason: str) -> None:
        if reason not in self._reasons and len(self._reasons) >= REASONS:
            reason = OTHER_REASONS
        self._reasons[reason] = self._reasons.get(reason, 0) + count

    @property
    def unstored(self) -> int:
        """Reports that will never be stored."""
        with self._lock:
            return self._refused + self._lost

    def delivery(self) -> Delivery:
        with self._lock:
            return Delivery(
                stored=self._stored,
                refused=self._refused,
                lost=self._lost,
                reasons=dict(self._reasons),
                problem=self._problem,
            )

    def warn(self, what: str, reason: str) -> None:
        """Log at WARNING: each message once an hour, at most 50 different ones.

        The others go to DEBUG: an outage of a day would fill the program's log.
        """
        message, now = f"{what}: {reason}", time.monotonic()
        with self._lock:
            recent = {
                text: at
                for text, at in self._logged_at.items()
                if now - at < SAME_AGAIN_SECONDS
            }
            is_news = message not in recent and len(recent) < REASONS
            if is_news:
                recent[message] = now
            self._logged_at = recent
        log.log(logging.WARNING if is_news else logging.DEBUG, "%s", message)
