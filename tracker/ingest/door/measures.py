"""What this process measures of its writer, for /metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from tracker.ingest.arrivals import Outcome

REGISTRY = CollectorRegistry()
_reports = Counter(
    "token_budget_reports",
    "Reports by outcome.",
    ["outcome"],  # stored, duplicate, rejected, saturated, unavailable
    registry=REGISTRY,
)
_commit_seconds = Histogram(
    "token_budget_commit_seconds",
    "How long one group of reports took to write and commit.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20),
    registry=REGISTRY,
)
_group_reports = Histogram(
    "token_budget_group_reports",
    "How many reports one commit held.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2000),
    registry=REGISTRY,
)
_outcomes = {
    name: _reports.labels(name)
    for name in ("stored", "duplicate", "rejected", "saturated", "unavailable")
}


def group_committed(answers: Sequence[Any], seconds: float) -> None:
    _commit_seconds.observe(seconds)
    _group_reports.observe(len(answers))
    outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
    duplicates = sum(outcome.is_duplicate for outcome in outcomes)
    _outcomes["stored"].inc(len(outcomes) - duplicates)
    _outcomes["duplicate"].inc(duplicates)
    _outcomes["rejected"].inc(len(answers) - len(outcomes))


def reports_refused(why: str, count: int) -> None:
    """`why`: saturated (the queue is full) or unavailable (the store refused)."""
    _outcomes[why].inc(count)
