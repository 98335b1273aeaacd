"""Compresses the messages of a relayed request in a worker process. No Django.

What is kept stays byte for byte as the client sent it, except for its cache marks: the
client sets them anew with each request, and only four are allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from tracker.domain.compression import OptimizeRequest
from tracker.domain.compression.answering import Step, answer_steps, in_own_words
from tracker.domain.compression.summary.middle import (
    messages_behind_summary,
    numbered_originals,
)
from tracker.domain.compression_words import Keeping
from tracker.domain.reports import CompressionReport
from tracker.workers.jobs.compress import compress_and_review, report_of
from tracker.workers.jobs.counted import CountingOrder, counted
from tracker.workers.jobs.naming import named

MARK = b'"cache_control"'


@dataclass(frozen=True, slots=True)
class RelayedOrder:
    """`messages` are the request's, each as its JSON bytes; `system` and `tools` are
    JSON, or empty. `originals` as in CompressionOrder. The first `held` messages are an
    earlier replacement: a new one stands for all of them.
    """

    shape: str
    messages: tuple[bytes, ...]
    system: bytes
    tools: bytes
    request: OptimizeRequest
    counting: CountingOrder
    keeping: Keeping
    originals: tuple[str, ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class Relayed:
    """`replacement` is a JSON array of the messages to send in place of the first
    `covered`; None if nothing is replaced: `skipped` says why. `new_messages` of them
    follow the summary.

    The messages kept at the end are not covered. So a person who goes back by a few
    messages still uses the cut.
    """

    replacement: bytes | None
    covered: int
    skipped: str
    before_tokens: int
    after_tokens: int
    new_messages: int
    report: CompressionReport | None


def compress_relayed(order: RelayedOrder) -> Relayed:
    """Raises MessageError for what has no known shape, and msgspec's errors."""
    raws = [without_marks(raw) for raw in order.messages]
    items = [msgspec.json.decode(raw) for raw in raws]
    request = replace(
        order.request,
        messages=items,
        system=_decoded(order.system),
        tools=_decoded(order.tools),
        originals=_originals(order.originals),
    )
    request = in_own_words(request, order.shape)
    request, _, (result, analysis) = counted(
        request, order.counting, compress_and_review
    )
    plan = result.plan
    if plan is None or analysis is None:
        skipped = result.skipped or "not due"
        return Relayed(None, 0, skipped, result.before_tokens, 0, 0, None)
    replacement, covered, messages = None, 0, result.understood
    if result.compressed:
        assert request.spoken is not None
        steps = list(answer_steps(request.spoken, request.messages, plan, messages))
        last = _last_changed(steps, order.held)
        sent = [
            raws[part] if isinstance(part, int) else msgspec.json.encode(part)
            for step in steps[: last + 1]
            for part in step.sent
        ]
        replacement = b"[" + b",".join(sent) + b"]"
        covered = steps[last].places_until
        messages = messages[: steps[last].after_until]
    return Relayed(
        replacement=replacement,
        covered=covered,
        skipped=result.skipped or "",
        before_tokens=result.before_tokens,
        after_tokens=plan.after_tokens,
        new_messages=messages_behind_summary(messages),
        report=report_of(
            request,
            result,
            analysis,
            order.keeping,
            named(request, result.status_before.parts.user_context).packed,
            origin="gateway",
            model=request.model,
        ),
    )


def without_marks(raw: bytes) -> bytes:
    """The same JSON without `cache_control`, and byte for byte where there is none."""
    if MARK not in raw:
        return raw
    return msgspec.json.encode(_unmarked(msgspec.json.decode(raw)))


def _unmarked(value: Any) -> Any:
    """Marks of a message, its blocks, and the blocks of a tool's result; what a tool
    was given as input may have a key of this name.
    """
    if not isinstance(value, dict):
        return value
    plain = {name: v for name, v in value.items() if name != "cache_control"}
    if isinstance(plain.get("content"), list):
        plain["content"] = [_unmarked(block) for block in plain["content"]]
    return plain


def _decoded(raw: bytes) -> Any:
    return msgspec.json.decode(raw) if raw else None


def _originals(texts: tuple[str, ...]) -> dict[int, Any] | None:
    return numbered_originals(map(msgspec.json.decode, texts)) if texts else None


def _last_changed(steps: Sequence[Step], held: int) -> int:
    """The index of the last step that a replacement must hold."""
    return max(
        at
        for at, step in enumerate(steps)
        if step.is_changed or step.places_until <= held or not at
    )
