"""What is known of incoming messages: the cut that replaces their beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from tracker.domain.cuts.cut import Cut
from tracker.ingest.compressing import cuts
from tracker.workers.jobs.bodies import CompressedBody, CompressionOrder
from tracker.workers.jobs.cutting import judge_behind
from tracker.workers.pool import run_in_worker

# Judging less takes a millisecond or two, as counting a report does; more would hold up
# the reports of this process.
SMALL_BYTES = 256 * 1024
_messages = msgspec.json.Decoder(list[Raw])


class UnknownCut(LookupError):
    """The client sent only what follows a cut that is not there (any more)."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """`cut` stands for the beginning of the messages, `rest` are those behind it, as
    they came. `is_last`: the client named this cut, so it holds the replacement.
    """

    cut: Cut
    rest: Sequence[bytes]
    is_last: bool = False

    @property
    def whole(self) -> bytes:
        """The messages to send, as JSON."""
        return self.cut.with_rest(self.rest)

    @property
    def rest_json(self) -> bytes:
        return b"[" + b",".join(self.rest) + b"]"


def find_beginning(
    project_id: int, session: str, messages: bytes, *, without: int = 0
) -> Beginning | None:
    """The longest cut that these messages begin with. `messages` is a JSON array.

    `without` is a compression whose cut is left out. Raises msgspec's errors for JSON
    of another shape.
    """
    sent = _messages.decode(messages)
    digests = cuts.raw_digests.chain(map(bytes, sent))
    cut = cuts.find(project_id, session, digests, without=without)
    if cut is None:
        return None
    return Beginning(cut, [bytes(raw) for raw in sent[cut.message_count :]])


def find_after(
    project_id: int, session: str, cut_id: str, messages: bytes
) -> Beginning:
    """The same where only the messages behind a cut came: `cut_id` is its digest in
    hexadecimal. Raises UnknownCut.
    """
    sent = [bytes(raw) for raw in _messages.decode(messages)]
    known = cuts.find_named(project_id, session, cut_id)
    if known is None:
        raise UnknownCut(cut_id)
    before = [b""] * (known.message_count - 1)
    behind = cuts.raw_digests.chain(sent, known.digest)
    digests = [*before, known.digest, *behind]
    # A call with more messages may have been cut since.
    cut = cuts.find(project_id, session, digests) or known
    rest = sent[cut.message_count - known.message_count :]
    return Beginning(cut, rest, is_last=cut.id == known.id)


def judge_sent(order: CompressionOrder, cut: Cut) -> CompressedBody | None:
    """`judge_behind`, in a worker process where it takes long."""
    if len(order.body) <= SMALL_BYTES:
        return judge_behind(order, cut)
    return run_in_worker(judge_behind, order, cut)
