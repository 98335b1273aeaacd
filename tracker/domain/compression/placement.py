"""Where the summary goes, so that the provider accepts the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.domain.compression.borders import side_of
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.tool_groups import tool_groups


@dataclass(frozen=True, slots=True)
class Placement:
    """`kept` may have grown; the summary goes before index `at`, or into a message.

    `way` is own (a message of its own), next or previous (a block of the message
    behind or before it), or none when nothing is left to summarise.
    """

    kept: frozenset[int]
    at: int
    way: str


def place_summary(
    messages: Sequence[Message], kept: set[int], *, alternate: bool
) -> Placement:
    """Put the summary where the last removed message was.

    With `alternate`, neighbours of one side are parted by keeping one message more;
    the summary joins a user's message beside it as a block of its own, because two
    of a role in a row are refused by strict providers.
    """
    kept = set(kept)
    group_of = {at: group for group in tool_groups(messages) for at in group}
    while True:
        gaps = _gaps(len(messages), kept)
        if not gaps:
            return Placement(frozenset(kept), -1, "none")
        if not alternate:
            return Placement(frozenset(kept), gaps[-1].stop, "own")
        grown = _parting(messages, kept, gaps)
        if grown is None:
            return _joined(messages, kept, gaps[-1])
        # The last orphan of a gap may be what parts; it stands alone then.
        kept.update(group_of[grown])


def _gaps(size: int, kept: set[int]) -> list[range]:
    """The runs of removed messages, in order."""
    gaps: list[range] = []
    for at in range(size):
        if at in kept:
            continue
        if gaps and gaps[-1].stop == at:
            gaps[-1] = range(gaps[-1].start, at + 1)
        else:
            gaps.append(range(at, at + 1))
    return gaps


def _neighbours(
    messages: Sequence[Message], kept: set[int], gap: range
) -> tuple[Message | None, Message | None]:
    """The kept messages around a gap; system messages stand in nobody's way."""

    def nearest(places: range) -> Message | None:
        talk = (
            messages[at]
            for at in places
            if at in kept and messages[at].role != "system"
        )
        return next(talk, None)

    return (
        nearest(range(gap.start - 1, -1, -1)),
        nearest(range(gap.stop, len(messages))),
    )


def _parting(
    messages: Sequence[Message], kept: set[int], gaps: list[range]
) -> int | None:
    """One more message to keep so that no side speaks twice; None when all is well."""
    for gap in gaps:
        before, behind = _neighbours(messages, kept, gap)
        if before is None or behind is None:
            continue
        is_last = gap is gaps[-1]
        sides = side_of(before), side_of(behind)
        if sides == ("assistant", "assistant") and is_last:
            continue
        is_crowded = sides[0] == sides[1]
        is_closed = is_last and not (_may_join(before) or _may_join(behind))
        if not (is_crowded or is_closed):
            continue
        other = "assistant" if "user" in sides else "user"
        for at in reversed(gap):
            if side_of(messages[at]) == other and not messages[at].result_ids:
                return at
    return None


def _may_join(message: Message) -> bool:
    return side_of(message) == "user" and not message.is_pinned


def _joined(messages: Sequence[Message], kept: set[int], gap: range) -> Placement:
    before, behind = _neighbours(messages, kept, gap)
    done = frozenset(kept)
    if behind is not None and side_of(behind) == "user":
        # Results must come first in their message: the summary goes behind them.
        if _may_join(behind) and not behind.result_ids:
            return Placement(done, behind.index, "next")
        return Placement(done, gap.stop, "own")
    if before is not None and _may_join(before):
        return Placement(done, before.index, "previous")
    return Placement(done, gap.stop, "own")
