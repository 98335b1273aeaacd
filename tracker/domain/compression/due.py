"""Whether a compression is due: what the request holds, and what asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tracker.domain.budget.status import BudgetStatus, evaluate
from tracker.domain.compression.optimized_context import OptimizeRequest
from tracker.domain.compression.summary.middle import (
    messages_behind_summary,
    number_messages,
)
from tracker.domain.conversation.messages import read_messages
from tracker.domain.counting.measure import Measure
from tracker.domain.reports import Parts


def judged(request: OptimizeRequest) -> tuple[BudgetStatus, str]:
    """The budget of what came in, and what asks for a compression ("": nothing)."""
    # Read before counting: a message of unknown shape is refused.
    new_messages = messages_behind_summary(request.messages)
    if request.known is not None:
        new_messages += request.known.new_messages
    if request.messages_since_compression is not None:
        new_messages = request.messages_since_compression
    before = status_of(request, all_parts(request, request.messages), new_messages)
    return before, _trigger(before, request.force)


def request_parts(request: OptimizeRequest) -> Parts:
    """The tokens of the request's texts, with the known messages before them."""
    measure = Measure(request.count, request.model)
    parts = measure.context(
        request.messages,
        system=request.system,
        user_context=request.user_context,
        tools=request.tools,
    )
    if request.known is None:
        return parts
    held = request.known.parts
    reply = 0 if request.messages else measure.overheads.reply
    return replace(
        parts,
        system=parts.system + held.system,
        history=parts.history + held.history + reply,
    )


def all_parts(request: OptimizeRequest, messages: Sequence[Any]) -> Parts:
    """The same with these messages, and with what no counter sees."""
    parts = request_parts(replace(request, messages=messages))
    return replace(parts, unattributed=request.unseen_tokens)


def status_of(
    request: OptimizeRequest, parts: Parts, new_messages: int
) -> BudgetStatus:
    """The budget of these parts; `new_messages` count against the message limit."""
    return evaluate(
        request.policy,
        parts.total,
        window_tokens=request.window_tokens,
        window_source=request.window_source,
        parts=parts,
        message_count=new_messages,
        source="estimated"
        if request.unseen_tokens
        else Measure(request.count, request.model).source,
    )


def _trigger(status: BudgetStatus, force: bool) -> str:
    """What asked for it, the most urgent first; "" when nothing did."""
    if status.level in ("exceeded", "critical"):
        return status.level
    if "budget" in status.reasons:
        return "budget"
    if status.reasons:
        return status.reasons[0]
    return "manual" if force else ""


def cools_down(request: OptimizeRequest) -> bool:
    """Critical and exceeded do not wait; a compression too soon only thrashes."""
    passed = request.seconds_since_compression
    if request.force or passed is None or passed >= request.policy.cooldown_seconds:
        return False
    return not has_lost_summary(request)


def has_lost_summary(request: OptimizeRequest) -> bool:
    """Whether these are the messages from before a compression that was done here:
    neither its cooldown nor the provider's cache is of them.
    """
    if request.known is not None or not request.must_hold_summary:
        return False
    return not number_messages(read_messages(request.messages)).earlier
