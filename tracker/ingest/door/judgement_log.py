"""One JSON line per judged report: session, percent, level, warning.

Never the text of messages. budget_site/settings.py says which file it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from tracker.domain.budget.status import BudgetStatus
from tracker.ingest.arrivals import Arrival, Outcome, Rejection

WAITING_SECONDS = 0.2
WAITING_LINES = 1_000
logger = logging.getLogger("tracker.judgements")
_encoder = msgspec.json.Encoder()


class _Line(msgspec.Struct, gc=False):
    at: datetime
    project: int
    session: str
    event_id: str
    used_percent: float
    level: str
    warning: str | None


def used_percent(status: BudgetStatus) -> float:
    """One decimal, rounded down as everywhere a percentage is shown."""
    return status.used_tokens * 1000 // status.limits.available_tokens / 10


class JudgementLog:
    """Writes every line in order, at most WAITING_SECONDS late. Not thread-safe.

    Lines are written together: one by one they took a tenth of the writer's time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, is_on: bool = True
    ) -> None:
        self._is_on = is_on
        self._clock = clock
        self._lines: list[_Line] = []
        self._flushed_at = 0.0

    @property
    def wait_seconds(self) -> float | None:
        """Seconds within which `flush` must be called; None when no line waits."""
        return WAITING_SECONDS if self._lines else None

    def note(
        self, arrivals: Sequence[Arrival], answers: Sequence[Outcome | Rejection]
    ) -> None:
        if not self._is_on or not logger.isEnabledFor(logging.INFO):
            return
        self._lines += [
            _Line(
                arrival.received_at,
                arrival.project_id,
                outcome.session,
                outcome.event_id,
                used_percent(outcome.budget),
                outcome.budget.level,
                outcome.budget.warning,
            )
            for arrival, outcome in zip(arrivals, answers, strict=True)
            if isinstance(outcome, Outcome) and not outcome.is_duplicate
        ]
        waited = self._clock() - self._flushed_at
        if len(self._lines) > WAITING_LINES or waited > WAITING_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the waiting lines as one log record."""
        self._flushed_at = self._clock()
        lines, self._lines = self._lines, []
        if lines:
            logger.info("%s", _encoder.encode_lines(lines)[:-1].decode())
