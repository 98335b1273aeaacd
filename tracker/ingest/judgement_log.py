"""One JSON line per judged report: session, percent, level, warning. Never text."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from tracker.domain.budget import BudgetStatus
from tracker.ingest.arrivals import Arrival, Outcome, Rejection

logger = logging.getLogger("tracker.judgements")


def used_percent(status: BudgetStatus) -> float:
    """One decimal, rounded down as everywhere a percentage is shown."""
    return status.used_tokens * 1000 // status.limits.available_tokens / 10


def log_judgements(
    arrivals: Sequence[Arrival], answers: Sequence[Outcome | Rejection]
) -> None:
    """One log record per group: its lines are joined, which halves the cost."""
    lines = [
        msgspec.json.encode(
            {
                "at": arrival.received_at,
                "project": arrival.project_id,
                "session": outcome.session,
                "event_id": outcome.event_id,
                "used_percent": used_percent(outcome.budget),
                "level": outcome.budget.level,
                "warning": outcome.budget.warning,
            }
        ).decode()
        for arrival, outcome in zip(arrivals, answers, strict=True)
        if isinstance(outcome, Outcome) and not outcome.is_duplicate
    ]
    if lines:
        logger.info("%s", "\n".join(lines))
