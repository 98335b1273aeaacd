"""Bodies of POST optimize on their way to a worker and back, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from tracker.domain.compression import OptimizedContext, OptimizeRequest
from tracker.domain.compression_words import Keeping
from tracker.domain.counting.counters import CountedBy
from tracker.domain.cuts.cut import Cut
from tracker.domain.reports import CompressionReport
from tracker.workers.jobs.counted import CountingOrder
from tracker.workers.jobs.naming import Named


class Conversation(Struct):
    """The large fields of a body of POST optimize; the server read the others."""

    messages: list[dict[str, Any]]
    system: str | list[dict[str, Any]] | None = None
    user_context: str | list[Any] | None = None
    tools: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class CompressionOrder:
    """`body` is the request's body as it was sent, `request` everything else.

    `originals` are the messages of earlier compressions as JSON, oldest first. `cut`
    stands in the body for the beginning of what came; `rest_count` messages follow it.
    `is_reviewed` asks for the review as well. `keeping` None means that nothing will be
    stored. `counting` says how text is counted.
    """

    body: bytes
    request: OptimizeRequest
    counting: CountingOrder
    originals: tuple[str, ...] = ()
    cut: Cut | None = None
    rest_count: int = 0
    is_reviewed: bool = True
    keeping: Keeping | None = None

    @property
    def is_named(self) -> bool:
        """Whether what fills the window will be stored: a dry run and a repeat are
        only answered.
        """
        return self.is_reviewed and self.keeping is not None


@dataclass(frozen=True, slots=True)
class CompressedBody:
    """`context` has no messages and no plan: these are JSON here. `messages` None means
    that they are unchanged, `report` None that there is nothing to record. `named` says
    what the messages that came fill.
    """

    context: OptimizedContext
    counted_by: CountedBy
    dialect: str | None  # of the messages; None where there are none
    message_count: int  # of the messages sent, without system messages
    messages: bytes | None
    plan: bytes | None
    report: CompressionReport | None
    named: Named = Named()


_conversation = msgspec.json.Decoder(Conversation)


def read_conversation(body: bytes) -> Conversation:
    """Raises msgspec's errors for a body of another shape."""
    return _conversation.decode(body)
