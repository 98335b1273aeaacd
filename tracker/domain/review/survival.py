"""Whether a fact can still be read in the messages a compression left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from tracker.domain.conversation.facts import Fact
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.units import split_units
from tracker.domain.conversation.vocabulary import terms_of
from tracker.domain.review.word_index import TextIndex, WordIndex

# A sentence counts as kept when one line holds this share of its rare words: a summary
# may say it in other words, but not in half of them.
SENTENCE_SHARE = 0.7
_MOST_TRIED = 5  # lines, the likeliest first, for one that negates as the sentence does
_NEGATION = re.compile(r"(?i)\b(?:not|never|no|cannot|without)\b|n['’]t\b")


def naming(texts: TextIndex, fact: Fact) -> Iterator[int]:
    """Numbers of the texts that name the fact: whole, a number with its word."""
    for at in texts.holding(fact.key.lower()):
        if any(word in texts.texts[at] for word in fact.words or ("",)):
            yield at


class KeptText:
    """An index over the text that is left: literal -> where it stands."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._texts = TextIndex([message.text.lower() for message in messages])
        self._index = WordIndex()
        self._lines: list[str] = []
        self._place: list[int] = []
        seen: set[str] = set()
        for at, message in enumerate(messages):
            for line in _lines(message):
                # Repeated text proves nothing more, and would be searched twice.
                if line in seen:
                    continue
                seen.add(line)
                self._index.add(len(self._lines), terms_of(line))
                self._lines.append(line.lower())
                self._place.append(at)

    @property
    def terms(self) -> Collection[str]:
        return self._index.words

    def place_of(self, fact: Fact, weights: Mapping[str, float]) -> int | None:
        """Index of a message left that still tells `fact`; None when it is lost."""
        if fact.is_sentence:
            return self._sentence(fact, weights)
        if fact.kind == "number":
            return self._number(fact)
        return self._literal(fact)

    def _literal(self, fact: Fact) -> int | None:
        for at in naming(self._texts, fact):
            return at
        # An absolute path also survives as a relative one with its folder.
        if fact.kind == "path" and fact.key.count("/") > 2:
            folder, name = fact.key.split("/")[-2:]
            return self._literal(replace(fact, key=f"{folder}/{name}"))
        return None

    def _number(self, fact: Fact) -> int | None:
        """The number with one of its words on one line; alone if it had none."""
        holders = [set(self._index.holders(term)) for term in terms_of(fact.key)]
        lines = set.intersection(*holders) if holders else set()
        for line in sorted(lines):
            text = self._lines[line]
            if not fact.words or any(word in text for word in fact.words):
                return self._place[line]
        return None

    def _sentence(self, fact: Fact, weights: Mapping[str, float]) -> int | None:
        asked = {term: weights.get(term, 1.0) for term in terms_of(fact.key)}
        negates = _NEGATION.search(fact.key) is not None
        for line, _ in self._index.best(asked, SENTENCE_SHARE)[:_MOST_TRIED]:
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
