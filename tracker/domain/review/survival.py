"""Whether a fact can still be read in the messages a compression left."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tracker.domain.conversation.facts import Fact
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.units import split_units
from tracker.domain.conversation.vocabulary import terms_of

# A sentence counts as kept when one line holds this share of its rare words: a summary
# may say it in other words, but not in half of them.
SENTENCE_SHARE = 0.7
_NEGATION = re.compile(r"(?i)\b(?:not|never|no|cannot|without)\b|n['’]t\b")


def mentions(text: str, fact: Fact) -> bool:
    """Whether lower-case `text` names the fact: whole, a number with its word."""
    key = fact.key.lower()
    if key not in text or not any(word in text for word in fact.words or ("",)):
        return False
    # Not a regular expression: with a look-behind it is 20 times slower here.
    at = text.find(key)
    while at >= 0:
        end = at + len(key)
        is_start = at == 0 or not _is_word(text[at - 1])
        if is_start and (end == len(text) or not _is_word(text[end])):
            return True
        at = text.find(key, at + 1)
    return False


def _is_word(mark: str) -> bool:
    return mark.isalnum() or mark == "_"


class KeptText:
    """An index over the text that is left: literal -> where it stands."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._texts = [message.text.lower() for message in messages]
        self._lines: list[str] = []
        self._place: list[int] = []
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for at, message in enumerate(messages):
            # What is said again proves nothing more, and would be searched again.
            for line in dict.fromkeys(_lines(message)):
                for term in terms_of(line):
                    self._holders[term].append(len(self._lines))
                self._lines.append(line.lower())
                self._place.append(at)

    @property
    def terms(self) -> frozenset[str]:
        return frozenset(self._holders)

    def place_of(self, fact: Fact, weights: dict[str, float]) -> int | None:
        """Index of a message left that still tells `fact`; None when it is lost."""
        if fact.is_sentence:
            return self._sentence(fact, weights)
        if fact.kind == "number":
            return self._number(fact)
        return self._literal(fact)

    def _literal(self, fact: Fact) -> int | None:
        for at, text in enumerate(self._texts):
            if mentions(text, fact):
                return at
        # An absolute path also survives as a relative one with its folder.
        if fact.kind == "path" and fact.key.count("/") > 2:
            folder, name = fact.key.split("/")[-2:]
            return self._literal(replace(fact, key=f"{folder}/{name}"))
        return None

    def _number(self, fact: Fact) -> int | None:
        """The number with one of its words on one line; alone if it had none."""
        terms = terms_of(fact.key)
        holders = [set(self._holders.get(term, ())) for term in terms]
        lines = set.intersection(*holders) if holders else set()
        for line in sorted(lines):
            text = self._lines[line]
            if not fact.words or any(word in text for word in fact.words):
                return self._place[line]
        return None

    def _sentence(self, fact: Fact, weights: dict[str, float]) -> int | None:
        terms = terms_of(fact.key)
        total = sum(weights.get(term, 1.0) for term in terms)
        found: Counter[int] = Counter()
        for term in terms:
            for line in self._holders.get(term, ()):
                # A Counter may hold floats; its types say otherwise.
                found[line] += weights.get(term, 1.0)  # type: ignore[assignment]
        negates = _NEGATION.search(fact.key) is not None
        for line, weight in found.most_common(5):
            if weight < SENTENCE_SHARE * total:
                return None
            if not negates or _NEGATION.search(self._lines[line]):
                return self._place[line]
        return None


def _lines(message: Message) -> list[str]:
    """Units as they were cut, so that a JSON record stays a line of its own."""
    lines: list[str] = []
    for piece in message.pieces:
        if piece.kind == "call":
            lines.append(f"{piece.name} {piece.text}")
        else:
            lines.extend(split_units(piece.text))
            lines.extend(piece.text.splitlines() if "\n" in piece.text else ())
    return lines
