"""Pairs the messages before a compression with those after it, rewritten ones too."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from tracker.domain.compression.plans.borders import side_of
from tracker.domain.compression.summary.summary_lines import find_earlier
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.text.vocabulary import terms_of
from tracker.domain.review.word_index import WordIndex

# A rewritten message is still the same one when four fifths of its words were there.
REWRITTEN_SHARE = 0.8
_LEAST_TERMS = 3


def align(before: Sequence[Message], after: Sequence[Message]) -> dict[int, int]:
    """Index in `before` -> index in `after`, in order on both sides.

    Equal messages first (from both ends, then the unique ones), then those with the
    same tool ids, then those whose words nearly all stand in one earlier message.
    """
    pairs = _equal_ends(before, after)
    _pair_equal_inside(before, after, pairs)
    _pair_by_ids(before, after, pairs)
    _pair_rewritten(before, after, pairs)
    return pairs


def _key(message: Message) -> tuple[str, str, tuple[str, ...]]:
    ids = message.call_ids + message.result_ids
    return side_of(message), _own_text(message), ids


def _own_text(message: Message) -> str:
    """The text without a summary block that was merged into the message."""
    found = find_earlier(message)
    if found is None or found.is_whole_message:
        return message.text
    return "\n".join(piece.text for piece in message.pieces if piece is not found.piece)


def _is_summary(message: Message) -> bool:
    found = find_earlier(message)
    return found is not None and found.is_whole_message


def _equal_ends(before: Sequence[Message], after: Sequence[Message]) -> dict[int, int]:
    first = [_key(message) for message in before]
    second = [_key(message) for message in after]
    shorter = min(len(first), len(second))
    pairs: dict[int, int] = {}
    start = 0
    while start < shorter and first[start] == second[start]:
        pairs[start] = start
        start += 1
    end = 1
    while end <= shorter - start and first[-end] == second[-end]:
        pairs[len(first) - end] = len(second) - end
        end += 1
    return pairs


def _pair_equal_inside(
    before: Sequence[Message], after: Sequence[Message], pairs: dict[int, int]
) -> None:
    """What stands between the equal ends, each used once and in order."""
    places: defaultdict[object, deque[int]] = defaultdict(deque)
    for message in before:
        if message.index not in pairs:
            places[_key(message)].append(message.index)
    taken = set(pairs.values())
    last = -1
    for message in after:
        waiting = places.get(_key(message))
        if message.index in taken or not waiting or not message.text:
            continue
        while waiting and waiting[0] < last:
            waiting.popleft()
        if waiting:
            last = waiting.popleft()
            pairs[last] = message.index


def _pair_by_ids(
    before: Sequence[Message], after: Sequence[Message], pairs: dict[int, int]
) -> None:
    free = {
        (side_of(message), message.call_ids, message.result_ids): message.index
        for message in before
        if message.index not in pairs and (message.call_ids or message.result_ids)
    }
    taken = set(pairs.values())
    for message in after:
        key = side_of(message), message.call_ids, message.result_ids
        if message.index not in taken and key in free:
            pairs[free.pop(key)] = message.index


def _pair_rewritten(
    before: Sequence[Message], after: Sequence[Message], pairs: dict[int, int]
) -> None:
    taken = set(pairs.values())
    # A new summary holds most words of the one it replaces, and is no edit of it.
    open_after = [
        message
        for message in after
        if message.index not in taken and not _is_summary(message)
    ]
    if not open_after:
        return
    index = WordIndex()
    for message in before:
        if message.index not in pairs:
            index.add(message.index, terms_of(message.text))
    for message in open_after:
        terms = terms_of(_own_text(message))
        if len(terms) < _LEAST_TERMS:
            continue
        for at, _ in index.best(dict.fromkeys(terms, 1.0), REWRITTEN_SHARE, 3):
            if side_of(before[at]) == side_of(message) and at not in pairs:
                pairs[at] = message.index
                break
