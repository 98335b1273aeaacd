"""The answer of GET /plan-limits."""

from __future__ import annotations

from typing import Annotated

from tracker.api.shapes.fields import Answer, Time, said
from tracker.reading.plan_limits import ShownLimit


class PlanLimitShape(Answer):
    """One window of a client's subscription, as last reported."""

    client: Annotated[str, said("`claude_code` or `codex`.")]
    window: Annotated[str, said("In words: `5 hours`, `week`.")]
    window_minutes: int
    used_ratio: Annotated[float, said("0.43 for 43 %.")]
    resets_at: Time | None
    at: Annotated[Time, said("When it was said.")]
    full_at: Annotated[
        Time | None,
        said("At the mean pace of this window; null if not before it resets."),
    ]
    foreseen: Annotated[str, said("The same as a sentence; empty when too early.")]

    @classmethod
    def of(cls, shown: ShownLimit) -> PlanLimitShape:
        limit = shown.limit
        return cls(
            client=limit.client,
            window=shown.window,
            window_minutes=limit.minutes,
            used_ratio=limit.used_ratio,
            resets_at=limit.resets_at,
            at=limit.at,
            full_at=shown.full_at,
            foreseen=shown.foreseen,
        )


class PlanLimits(Answer):
    results: list[PlanLimitShape]
