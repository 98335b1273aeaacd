"""Compresses a conversation in a worker process. Plain data in and out, no Django.

Conversations travel as JSON bytes. Decoding a large one takes up to a second, during
which the process that takes reports could do nothing else (GIL).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from tracker.domain.compression import (
    OptimizedContext,
    OptimizeRequest,
    optimize,
)
from tracker.domain.compression.answering import in_own_words
from tracker.domain.compression.plans.plan import CompressionPlan, apply_plan
from tracker.domain.compression.summary.middle import numbered_originals
from tracker.domain.compression_words import Keeping
from tracker.domain.counting.measure import NamedCount
from tracker.domain.dialects.context_blocks import check_context
from tracker.domain.dialects.detecting import dialect_of
from tracker.domain.dialects.reading import check_supported
from tracker.domain.reports import CompressionReport
from tracker.domain.review.retention import review_compression
from tracker.workers.jobs.bodies import (
    CompressedBody,
    CompressionOrder,
    read_conversation,
)
from tracker.workers.jobs.counted import counted
from tracker.workers.jobs.cutting import new_cut
from tracker.workers.jobs.naming import Named, named, named_after
from tracker.workers.jobs.words import write_words


def compress_body(order: CompressionOrder) -> CompressedBody:
    """Raises msgspec's errors for a body of another shape, and the errors of
    `optimize`.
    """
    found = read_conversation(order.body)
    check_supported(found.messages)
    check_context(found.system, found.user_context)
    request = replace(
        order.request,
        messages=found.messages,
        system=found.system,
        user_context=found.user_context,
        tools=found.tools,
        originals=_originals(order.originals),
    )
    request = in_own_words(request)

    def work(
        request: OptimizeRequest,
    ) -> tuple[OptimizedContext, dict[str, Any] | None, Named]:
        done = compress_and_review if order.is_reviewed else _compress_only
        result, analysis = done(request)
        if not order.is_named:
            return result, analysis, Named()
        held = result.status_before.parts.user_context
        return result, analysis, named(request, held)

    request, counted_by, (result, analysis, held) = counted(
        request, order.counting, work
    )
    report = None
    if analysis is not None and order.keeping is not None:
        report = report_of(
            request, result, analysis, order.keeping, held.packed, origin="optimize"
        )
        if result.compressed:
            assert isinstance(request.count, NamedCount)
            dialect = dialect_of(found.messages) or ""
            cut = new_cut(order, result, request.count, dialect)
            leaves = named_after(request, result)
            report = replace(report, cut=cut, leaves=leaves)
    return CompressedBody(
        context=replace(result, messages=(), understood=(), plan=None, summary=""),
        counted_by=counted_by,
        dialect=dialect_of(found.messages),
        message_count=sum(m.get("role") != "system" for m in request.messages),
        messages=msgspec.json.encode(result.messages) if result.compressed else None,
        plan=_plan(result, analysis),
        report=report,
        named=held,
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


def report_of(
    request: OptimizeRequest,
    result: OptimizedContext,
    analysis: dict[str, Any],
    keeping: Keeping,
    held: str,
    *,
    origin: str,
    model: str = "",
) -> CompressionReport:
    """The report of a compression of ours, with its texts ready to be stored. `held` is
    what filled the window before it (`Filling.packed`).
    """
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
        model=model,
        target_tokens=plan.target_tokens,
        sets_gauge=result.compressed,
        origin=origin,
        is_advice=not result.compressed,
        composition=held,
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
    """Without the summary and its lines, which are stored in fields of their own."""
    beside = ("summary", "lines")
    return {name: v for name, v in plan.as_dict().items() if name not in beside}


def compress_and_review(
    request: OptimizeRequest,
) -> tuple[OptimizedContext, dict[str, Any] | None]:
    """The compression and its review; None where nothing was planned.

    In mode `advise` the messages stay as they are, and the review is of the plan. The
    review has the messages in our words, whatever their dialect.
    """
    request = in_own_words(request)
    result = optimize(request)
    if result.plan is None or not (result.compressed or result.skipped == "advise"):
        return result, None
    after = (
        result.understood
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
