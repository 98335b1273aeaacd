"""Literals that no chosen line tells, listed behind the line of their message."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.domain.compression.summary.salience import RECORD, Unit
from tracker.domain.compression.summary.summary_lines import (
    GAP,
    SummaryLine,
)
from tracker.domain.conversation.text.vocabulary import ENTITY, Features, words_of
from tracker.domain.counting.measure import Count

# Of a summary of a fifth or less of what tools gave, what literals may take. From .1 to
# .25 agents' conversations gain alike; sentences lose what literals take.
SHARE = 0.15
ALSO = "also "
CALL = "→ "  # how a call's first unit begins
_MACHINE = ("tool", RECORD)
_LEAST, _MOST = 3, 60  # characters of a literal
# The word before a number, read backwards: forwards each letter before it was a start.
_KEY = re.compile(r" ?:?[\w\-]{2,24}")
_COST_EXPONENT = 0.8


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal as it was written first, and the place of that message's source."""

    message: int
    text: str


def literals_room(units: Sequence[Unit], budget_tokens: int, scarcity: float) -> int:
    """Tokens for literals: none where half fits, and none in what people said alone.

    Of a budget of 1,000 where a fifth fits: 150 if tools gave half of the text or more,
    60 if they gave a fifth of it. What agents write into their calls counts as theirs.
    """
    machine = whole = 0
    called = -1  # the message whose calls have begun
    for unit in units:
        if unit.text.startswith(CALL):
            called = unit.message
        whole += unit.tokens
        if unit.role in _MACHINE or unit.message == called:
            machine += unit.tokens
    share = machine / max(1, whole)
    return int(budget_tokens * SHARE * scarcity * min(1.0, 2 * share))


def untold_literals(
    units: Sequence[Unit],
    features: Sequence[Features],
    weights: Mapping[str, float],
    told: str,
) -> Iterator[Literal]:
    """What stands in `units` and not in `told`, the most telling for its length first.

    A number brings the word before it: `total: 45.20` rather than `45.20`.
    """
    first: dict[str, int] = {}
    for at, found in enumerate(features):
        for feature in found:
            if feature[0] == ENTITY and feature not in first:
                first[feature] = at
    told_words = _Words(told)
    order = sorted(
        (-weights[feature] / _length(feature[1:]) ** _COST_EXPONENT, at, feature[1:])
        for feature, at in first.items()
        if _LEAST < len(feature) <= _MOST and feature[1:] not in told_words
    )
    for _, at, literal in order:
        if text := _written(units[at].text, literal):
            yield Literal(units[at].message, text)


class _Words:
    """Finds whether a literal is in a text, ignoring case, also inside a word.

    Each literal is looked for only in the few words that contain its rarest three
    letters. Searching the whole text for 2,000 literals took a sixth of a compression's
    time.
    """

    def __init__(self, text: str) -> None:
        self._words = set(words_of(text.lower()))
        self._holders: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._words:
            for at in range(len(word) - _LEAST + 1):
                self._holders[word[at : at + _LEAST]].append(word)

    def __contains__(self, literal: str) -> bool:
        """`literal` is in lower case, has no space and three characters or more."""
        if literal in self._words:
            return True
        last = len(literal) - _LEAST
        parts = (literal[at : at + _LEAST] for at in (0, last // 2, last))
        holders = min((self._holders.get(part, []) for part in parts), key=len)
        return any(literal in word for word in holders)


def _length(literal: str) -> int:
    """In characters, with the comma and the word before a number."""
    return len(literal) + (4 if _has_letter(literal) else 9)


def _has_letter(literal: str) -> bool:
    return any(map(str.isalpha, literal))


def _written(text: str, literal: str) -> str:
    """`literal` with its own capitals, and a number with the word before it."""
    at = text.lower().find(literal)
    end = at + len(literal)
    # "İ" is two letters in lower case: behind one, another part of the text was taken.
    if at < 0 or text[at:end].lower() != literal:
        return ""
    if text[end : end + 1] == "→" or "→" in literal:
        return ""  # the number of a line that a tool showed
    if _has_letter(literal):
        return text[at:end]
    key = _KEY.match(text[max(0, at - 26) : at][::-1])
    return text[at - key.end() if key else at : end]


def with_literals(
    lines: Sequence[SummaryLine],
    literals: Sequence[Literal],
    empty: Sequence[SummaryLine],
    room: int,
    count: Count,
) -> list[SummaryLine]:
    """`lines` with as many literals as `room` tokens take, in the order spoken.

    `empty[place]` is a line of that source without text, where it has none yet.

    `[5T] go test failed … also apiKey, arm64`
    """
    chosen: dict[int, list[str]] = {}
    for literal in literals:
        group = chosen.get(literal.message)
        added = f", {literal.text}" if group else f"{empty[literal.message]}{GAP}{ALSO}"
        cost = count(added) + (0 if group else count(literal.text))
        if cost > room:
            if room < _LEAST:
                break
            continue
        room -= cost
        chosen.setdefault(literal.message, []).append(literal.text)
    result = list(lines)
    places = {line.number: at for at, line in enumerate(result)}
    for place in sorted(chosen):
        line = empty[place]
        text = ALSO + ", ".join(chosen[place])
        at = places.get(line.number)
        if at is None:
            result.append(replace(line, text=text))
        else:
            result[at] = replace(result[at], text=f"{result[at].text}{GAP}{text}")
    return sorted(result, key=lambda line: line.number)
