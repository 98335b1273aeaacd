"""What a worker process does. Importable functions over plain data, no Django."""

from __future__ import annotations

from typing import Any

from tracker.domain.compression import OptimizedContext, OptimizeRequest, optimize
from tracker.domain.compression_plan import apply_plan
from tracker.domain.retention import review_compression


def compress_and_review(
    request: OptimizeRequest,
) -> tuple[OptimizedContext, dict[str, Any] | None]:
    """The compression and what it cost; None where nothing was planned.

    Where the plan is advice only, the review is of the plan.
    """
    result = optimize(request)
    if result.plan is None or not (result.compressed or result.skipped == "advise"):
        return result, None
    after = (
        result.messages
        if result.compressed
        else apply_plan(result.plan, request.messages)
    )
    review = review_compression(
        request.messages,
        after,
        summary=result.summary,
        count=request.count,
        model=request.model,
        target_tokens=result.plan.target_tokens,
        before_tokens=result.before_tokens,
        after_tokens=result.plan.after_tokens,
        seconds_since_compression=request.seconds_since_compression,
    )
    return result, {**review.as_dict(), "after": after}


def review_report(
    before: list[Any],
    after: list[Any] | None,
    summary: str,
    target_tokens: int | None,
    before_tokens: int,
    after_tokens: int,
) -> dict[str, Any] | None:
    """What a compression that a client did cost; None when a message is of no known
    shape: the numbers are worth keeping all the same.
    """
    try:
        review = review_compression(
            before,
            after,
            summary=summary,
            target_tokens=target_tokens,
            before_tokens=before_tokens,
            after_tokens=after_tokens,
        )
    except ValueError:
        return None
    return review.as_dict()
