"""The lines of a summary with the messages they come from, ours or a client's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.domain.compression.summary.middle import number_messages
from tracker.domain.compression.summary.summary_lines import find_earlier
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.text.vocabulary import terms_of
from tracker.domain.review.word_index import WordIndex

MOST_SOURCES = 3
# A line comes from a message when this share of its rare words stands there.
LINK_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line of the summary. `sources` are indices in before, the likeliest first.

    `is_stated`: the summary itself names its source; else it was found by its words.
    """

    text: str
    sources: tuple[int, ...]
    is_stated: bool


def link_lines(
    before: Sequence[Message],
    after: Sequence[Message],
    *,
    pairs: Mapping[int, int],
    summary: str = "",
) -> tuple[ReviewLine, ...]:
    """Every line of the messages that are new in `after`, with its sources.

    `summary` is used where no new message carries it.
    """
    taken = set(pairs.values())
    lines: list[ReviewLine] = []
    plain: list[str] = []
    for message in after:
        found = find_earlier(message)
        if found is not None:
            lines.extend(_stated(before, message))
        elif message.index not in taken:
            plain.extend(line for line in message.text.splitlines() if line.strip())
    if not lines and not plain:
        plain = [line for line in summary.splitlines() if line.strip()]
    removed = [message for message in before if message.index not in pairs]
    return (*lines, *_found(removed, plain))


def _stated(before: Sequence[Message], message: Message) -> list[ReviewLine]:
    """Our own summary: its labels are numbers of the conversation."""
    found = find_earlier(message)
    assert found is not None
    numbered = number_messages(before)
    by_number = {number: at for at, number in enumerate(numbered.numbers)}
    for at, earlier in numbered.earlier.items():
        for line in earlier.lines:
            by_number[line.number] = at
    return [
        ReviewLine(
            str(line),
            (by_number[line.number],) if line.number in by_number else (),
            True,
        )
        for line in found.lines
    ]


def _found(before: Sequence[Message], texts: Sequence[str]) -> list[ReviewLine]:
    """A client's summary: messages that share the rare words of the line."""
    index = WordIndex()
    for message in before:
        index.add(message.index, terms_of(message.text))
    size = len(before)
    lines = []
    for text in texts:
        weights = {
            term: math.log(1 + size / len(index.holders(term)))
            for term in terms_of(text)
            if index.holders(term)
        }
        best = index.best(weights, LINK_SHARE, MOST_SOURCES)
        sources = tuple(at for at, weight in best if weight > 0)
        lines.append(ReviewLine(text.strip(), sources, False))
    return lines
