"""Whether a fact can still be read in the messages a compression left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tracker.domain.conversation.facts import Fact
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.text.units import split_units
from tracker.domain.conversation.text.vocabulary import is_entity, terms_of, words_of
from tracker.domain.review.word_index import TextIndex, WordIndex, stands_in

# A sentence counts as kept when one line holds this share of its rare words: a summary
# may say it in other words, but not in half of them.
SENTENCE_SHARE = 0.7
_MOST_TRIED = 5  # lines, the likeliest first, for one that negates as the sentence does
_MARKS = ".,:;!?()[]*`"
_WORD = re.compile(r"\w+")
_NEGATION = re.compile(r"(?i)\b(?:not|never|no|cannot|without)\b|n['’]t\b")


# What more of the messages than this mention is no sign of a need: the working
# directory stands everywhere.
MENTIONED_SHARE = 0.2


def used_again(
    roles: Sequence[str], texts: TextIndex, fact: Fact, *, mentions: float
) -> int:
    """How many later messages of the agent name a fact that nobody told it again.

    0 where a person or a tool named it first, since it was told then, and where
    `mentions`, the share of the replaced messages that name it, is above a fifth. Of
    "agent: open src/lock.py", "tool: …", "agent: edit src/lock.py" two name it.
    """
    if mentions > MENTIONED_SHARE:
        return 0
    places = list(naming(texts, fact))
    if not places or roles[places[0]] != "assistant":
        return 0
    return sum(roles[at] == "assistant" for at in places)


def naming(texts: TextIndex, fact: Fact) -> Iterator[int]:
    """Numbers of the texts that name the fact: whole, a number with its word."""
    for at in texts.holding(fact.key.lower()):
        if any(word in texts.texts[at] for word in fact.words or ("",)):
            yield at


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


class KeptText:
    """An index of the text that is left: literal -> where it is."""

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

    def holds_all(self, texts: Iterable[str]) -> bool:
        """Whether each unit of the texts is there word for word. Marks do not count:
        `read({"path": "a.py"})` is in "read path: a.py".
        """
        text = f" {_plain(' '.join(self._texts.texts))} "
        at = 0
        for unit in (unit for text in texts for unit in split_units(text)):
            words = f" {_plain(unit)} "
            found = text.find(words, at)  # what was merged stands in its order
            if found < 0:
                found = text.find(words)
            if found < 0:
                return False
            at = found
        return True

    def place_of(self, fact: Fact, weights: Mapping[str, float]) -> int | None:
        """Index of a message that still contains `fact`; None if it is lost."""
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
        """The number with one of its words on one line; without words, the number."""
        terms = set(terms_of(fact.key))
        for line in self._index.holding_all(terms) if terms else ():
            text = self._lines[line]
            if not fact.words or any(word in text for word in fact.words):
                return self._place[line]
        return None

    def _sentence(self, fact: Fact, weights: Mapping[str, float]) -> int | None:
        """On one line: most of its rare words, every number and literal, and the "not"
        where it has one. "Keep the 72 h window" is not kept by "Keep the 48 h window".
        """
        asked = {term: weights.get(term, 1.0) for term in terms_of(fact.key)}
        negates = _NEGATION.search(fact.key) is not None
        literals = [
            word.strip(_MARKS).lower()
            for word in words_of(fact.key)
            if is_entity(word.strip(_MARKS))
        ]
        for line, _ in self._index.best(asked, SENTENCE_SHARE, _MOST_TRIED):
            text = self._lines[line]
            has_literals = all(stands_in(text, literal) for literal in literals)
            if has_literals and (not negates or _NEGATION.search(text)):
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
