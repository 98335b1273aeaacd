"""Makes the cut of a compression, and judges messages behind a cut without planning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from msgspec import Raw, Struct

from tracker.domain.compression.answering import in_own_words
from tracker.domain.compression.optimized_context import (
    Known,
    OptimizedContext,
    OptimizeRequest,
)
from tracker.domain.compression.optimizer import judge
from tracker.domain.compression.summary.middle import messages_behind_summary
from tracker.domain.counting.families import family_of
from tracker.domain.counting.measure import Measure, NamedCount
from tracker.domain.cuts.cut import Cut
from tracker.domain.cuts.digests import RawDigests
from tracker.domain.dialects.context_blocks import check_context
from tracker.domain.dialects.detecting import dialect_of
from tracker.domain.dialects.reading import FOREIGN, check_supported
from tracker.domain.reports import Parts
from tracker.workers.jobs.bodies import (
    CompressedBody,
    CompressionOrder,
    read_conversation,
)
from tracker.workers.jobs.counted import counted
from tracker.workers.jobs.naming import Named, named

_digests = RawDigests()


class _Sent(Struct):
    messages: list[Raw]


class _Role(Struct):
    role: str = ""


_sent = msgspec.json.Decoder(_Sent)
_roles = msgspec.json.Decoder(list[_Role])


def new_cut(
    order: CompressionOrder,
    result: OptimizedContext,
    count: NamedCount,
    dialect: str,
) -> Cut:
    """The cut that lets the messages of `result` stand for all that came.

    What came behind an earlier cut is added to the digest of that cut's originals.
    """
    sent = [bytes(raw) for raw in _sent.decode(order.body).messages]
    before = order.cut
    if before is not None:
        sent = sent[len(sent) - order.rest_count :]
    digests = _digests.chain(sent, before.digest if before else b"")
    measure = Measure(count, order.counting.model)
    parts = measure.context(result.understood)
    return Cut(
        message_count=len(sent) + (before.message_count if before else 0),
        digest=digests[-1] if digests else before.digest if before else b"",
        replacement=msgspec.json.encode(result.messages),
        history_tokens=parts.history - measure.overheads.reply,
        system_tokens=parts.system,
        counter=counter_of(count),
        new_messages=messages_behind_summary(result.understood),
        dialect=dialect,
    )


def counter_of(count: NamedCount) -> str:
    """Names what a cut's tokens were counted with: text by a counter, and the frames
    that a model's provider adds. `"characters by script, Claude"`.
    """
    return f"{count.counted_by.name}, {family_of(count.model).name}"


def judge_behind(order: CompressionOrder, cut: Cut) -> CompressedBody | None:
    """The answer to a body that holds only the messages behind `cut`; None where a
    compression is due, or where the cut was counted by another counter.

    Raises what `compress_body` does.
    """
    found = read_conversation(order.body)
    check_supported(found.messages, cut.dialect)
    check_context(found.system, found.user_context)
    known = Known(Parts(cut.system_tokens, cut.history_tokens), cut.new_messages)
    request = replace(
        order.request,
        messages=found.messages,
        system=found.system,
        user_context=found.user_context,
        tools=found.tools,
        known=known,
    )
    own = dialect_of(found.messages) or ""
    request = in_own_words(request, own if own in FOREIGN else cut.dialect)

    def work(request: OptimizeRequest) -> tuple[OptimizedContext | None, Named]:
        result = judge(request)
        if result is None or not order.is_named:
            return result, Named()
        beside = result.status_before.parts.user_context
        return result, named(request, beside, cut)

    request, counted_by, (result, held) = counted(request, order.counting, work)
    assert isinstance(request.count, NamedCount)
    if result is None or counter_of(request.count) != cut.counter:
        return None
    sent = [*_roles.decode(cut.replacement), *map(_role, request.messages)]
    return CompressedBody(
        context=replace(result, messages=(), understood=()),
        counted_by=counted_by,
        dialect=cut.dialect or dialect_of(found.messages),
        message_count=sum(message.role != "system" for message in sent),
        messages=None,
        plan=None,
        report=None,
        named=held,
    )


def _role(message: dict[str, Any]) -> _Role:
    return _Role(str(message.get("role", "")))
