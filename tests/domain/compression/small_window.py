"""The optimizer of a window of 10,000 tokens."""

from __future__ import annotations

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer

SMALL = BudgetPolicy(window_tokens=10_000, reserved_tokens=0)


def run(messages, policy=SMALL, **changes):
    return ContextOptimizer(policy).optimize_messages("s", messages, **changes)
