"""What a worker process does. Importable functions over plain data, no Django.

Conversations come and go as the JSON they are: the process that takes reports in
would hold its GIL for as long as it reads or writes one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import Struct

from tracker.domain.compression import (
    OptimizedContext,
    OptimizeRequest,
    optimize,
)
from tracker.domain.compression.middle import numbered_originals
from tracker.domain.compression.plan import CompressionPlan, apply_plan
from tracker.domain.compression_words import Keeping
from tracker.domain.counting.counters import CountedBy
from tracker.domain.reports import CompressionReport
from tracker.domain.review.retention import review_compression
from tracker.workers.counted import CountingOrder, counted
from tracker.workers.words import write_words


class Conversation(Struct):
    """What is large in a body of POST optimize; the rest was read before."""

    messages: list[dict[str, Any]]
    system: str | list[dict[str, Any]] | None = None
    user_context: str | list[Any] | None = None
    tools: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class CompressionOrder:
    """`body` as it came; `request` without what is in it.

    `originals` are the messages of earlier compressions, JSON, the oldest first.
    `is_reviewed`: what it cost is asked for. `keeping` None: nothing will be stored.
    `counting` says how its text is counted.
    """

    body: bytes
    request: OptimizeRequest
    counting: CountingOrder
    originals: tuple[str, ...] = ()
    is_reviewed: bool = True
    keeping: Keeping | None = None


@dataclass(frozen=True, slots=True)
class CompressedBody:
    """`context` is without messages and plan: these are JSON. `messages` None stands
    for those that came, `report` None for nothing to record.
    """

    context: OptimizedContext
    counted_by: CountedBy
    message_count: int  # of what came in, system messages left out
    messages: bytes | None
    plan: bytes | None
    report: CompressionReport | None


_conversation = msgspec.json.Decoder(Conversation)


def compress_body(order: CompressionOrder) -> CompressedBody:
    """Raises msgspec's errors for a body of another shape, and what `optimize` does."""
    found = _conversation.decode(order.body)
    request = replace(
        order.request,
        messages=found.messages,
        system=found.system,
        user_context=found.user_context,
        tools=found.tools,
        originals=_originals(order.originals),
    )
    request, counted_by, (result, analysis) = counted(
        request,
        order.counting,
        compress_and_review if order.is_reviewed else _compress_only,
    )
    report = None
    if analysis is not None and order.keeping is not None:
        report = _report(request, result, analysis, order.keeping)
    return CompressedBody(
        context=replace(result, messages=(), plan=None, summary=""),
        counted_by=counted_by,
        message_count=sum(m.get("role") != "system" for m in found.messages),
        messages=msgspec.json.encode(result.messages) if result.compressed else None,
        plan=_plan(result, analysis),
        report=report,
    )


def _compress_only(request: OptimizeRequest) -> tuple[OptimizedContext, None]:
    return optimize(request), None


def _originals(texts: tuple[str, ...]) -> dict[int, Any] | None:
    return numbered_originals(map(msgspec.json.decode, texts)) if texts else None


def _plan(result: OptimizedContext, analysis: dict[str, Any] | None) -> bytes | None:
    if result.plan is None:
        return None
    plan = result.plan.as_dict()
    if analysis is not None:
        plan |= {k: analysis[k] for k in ("score", "facts_lost", "facts_kept")}
    return msgspec.json.encode(plan)


def _report(
    request: OptimizeRequest,
    result: OptimizedContext,
    analysis: dict[str, Any],
    keeping: Keeping,
) -> CompressionReport:
    plan = result.plan
    assert plan is not None
    return CompressionReport(
        session=request.session_id,
        before_tokens=result.before_tokens,
        after_tokens=plan.after_tokens,
        source=result.status_before.source,
        performed_by="tracker",
        trigger=result.trigger,
        strategy=plan.summariser,
        target_tokens=plan.target_tokens,
        sets_gauge=result.compressed,
        origin="optimize",
        is_advice=not result.compressed,
        words=write_words(
            keeping,
            summary=plan.summary,
            before=list(request.messages),
            after=analysis["after"],
            plan=_stored_plan(plan),
            analysis={k: v for k, v in analysis.items() if k != "after"},
        ),
    )


def _stored_plan(plan: CompressionPlan) -> dict[str, Any]:
    """Without what stands beside it: the summary, and its lines in the analysis."""
    beside = ("summary", "lines")
    return {name: v for name, v in plan.as_dict().items() if name not in beside}


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
