"""Plans for a share of what the messages weigh, and a tool result worth planning."""

from __future__ import annotations

from tracker.domain.compression.plans.plan_draft import PlanRules
from tracker.domain.compression.plans.planning import plan_compression
from tracker.domain.counting.measure import Measure

LISTING = "\n".join(f"row {n}: sku_{n} costs {n * 7}" for n in range(120))


def size(messages):
    return sum(map(Measure().message, messages))


def plan_for(messages, share, **changes):
    """A plan that shall leave this many percent of the tokens."""
    target = size(messages) * share // 100
    return plan_compression(messages, PlanRules(target_tokens=target, **changes))
