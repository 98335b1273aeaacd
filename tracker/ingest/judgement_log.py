"""One JSON line per judged report: session, percent, level, warning. Never text."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tracker.domain.budget import BudgetStatus
from tracker.ingest.arrivals import Arrival, Outcome, Rejection

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


def log_judgements(
    arrivals: Sequence[Arrival], answers: Sequence[Outcome | Rejection]
) -> None:
    """One log record per group: its lines are joined, which halves the cost."""
    if not logger.isEnabledFor(logging.INFO):
        return
    lines = [
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
    if lines:
        logger.info("%s", _encoder.encode_lines(lines)[:-1].decode())
