"""Where the summary goes, so that the provider accepts the conversation."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.domain.compression.plans.borders import side_of
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
    talk = [at for at in sorted(kept) if messages[at].role != "system"]
    if alternate:
        _part_sides(messages, kept, talk)
    gaps = _gaps(range(len(messages)), kept)
    if not gaps:
        return Placement(frozenset(kept), -1, "none")
    if not alternate:
        return Placement(frozenset(kept), gaps[-1].stop, "own")
    return _joined(messages, frozenset(kept), talk, gaps[-1])


def _gaps(places: range, kept: set[int]) -> list[range]:
    """The runs of removed messages among `places`, in order."""
    gaps: list[range] = []
    for at in places:
        if at in kept:
            continue
        if gaps and gaps[-1].stop == at:
            gaps[-1] = range(gaps[-1].start, at + 1)
        else:
            gaps.append(range(at, at + 1))
    return gaps


def _part_sides(messages: Sequence[Message], kept: set[int], talk: list[int]) -> None:
    """Keep one message more, again and again, until no side speaks twice.

    A gap is checked again only when a message beside it was kept. Starting from the
    first gap each time would take quadratic time: 40 s for 4,000 gaps.
    """
    group_of = {at: group for group in tool_groups(messages) for at in group}
    settled: list[range] = []
    waiting = _gaps(range(len(messages)), kept)[::-1]
    while waiting:
        gap = waiting.pop()
        grown = _parting(messages, talk, gap, is_last=not waiting)
        if grown is None:
            settled.append(gap)
            continue
        # The last orphan of a gap may be what parts; it stands alone then.
        group = group_of[grown]
        start, stop = gap.start, gap.stop
        while settled and settled[-1].stop > group.start:
            start = settled.pop().start
        while waiting and waiting[-1].start < group.stop:
            stop = waiting.pop().stop
        for at in group:
            if at not in kept and messages[at].role != "system":
                insort(talk, at)
        kept.update(group)
        waiting.extend(reversed(_gaps(range(start, stop), kept)))
        if settled and not waiting:
            waiting.append(settled.pop())  # it is the last one now
        while settled and _behind(talk, settled[-1]) in group:
            waiting.append(settled.pop())


def _before(talk: Sequence[int], gap: range) -> int | None:
    """The index of the last kept message before a gap; system messages do not count."""
    place = bisect_left(talk, gap.start)
    return talk[place - 1] if place else None


def _behind(talk: Sequence[int], gap: range) -> int | None:
    place = bisect_left(talk, gap.stop)
    return talk[place] if place < len(talk) else None


def _parting(
    messages: Sequence[Message], talk: Sequence[int], gap: range, *, is_last: bool
) -> int | None:
    """The index of one more message to keep, so that no side speaks twice in a row;
    None if none is needed.
    """
    before_at, behind_at = _before(talk, gap), _behind(talk, gap)
    if before_at is None or behind_at is None:
        return None
    before, behind = messages[before_at], messages[behind_at]
    sides = side_of(before), side_of(behind)
    if sides == ("assistant", "assistant") and is_last:
        return None
    is_crowded = sides[0] == sides[1]
    is_closed = is_last and not (_may_join(before) or _may_join(behind))
    if not (is_crowded or is_closed):
        return None
    other = "assistant" if "user" in sides else "user"
    for at in reversed(gap):
        if side_of(messages[at]) == other and not messages[at].result_ids:
            return at
    return None


def _may_join(message: Message) -> bool:
    return side_of(message) == "user" and not message.is_pinned


def _joined(
    messages: Sequence[Message], kept: frozenset[int], talk: Sequence[int], gap: range
) -> Placement:
    before, behind = _before(talk, gap), _behind(talk, gap)
    if behind is not None and side_of(messages[behind]) == "user":
        # Providers want a message's tool results first, so the summary cannot be put
        # in front of them.
        if _may_join(messages[behind]) and not messages[behind].result_ids:
            return Placement(kept, behind, "next")
        return Placement(kept, gap.stop, "own")
    if before is not None and _may_join(messages[before]):
        return Placement(kept, before, "previous")
    return Placement(kept, gap.stop, "own")
