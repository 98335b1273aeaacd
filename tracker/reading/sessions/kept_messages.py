"""The messages of a session that are kept: those stored with its compressions.

Each compression stores the messages before it, and what stood in their place after it.
Read one after the other, without what the compression before has already shown, these
are the conversation up to the last compression.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import msgspec

from tracker.models.compressions import Compression
from tracker.models.sessions import LLMSession
from tracker.reading.sessions.kept_texts import carried, raw_list, shared, texts

MOST_CHAPTERS = 500  # compressions of a session that are listed, the newest
MOST_MEASURED = 30  # of these, whose largest messages are looked for
LARGEST = 10
MOST_NEW = 8  # messages shown of those that a compression wrote
SEARCHED_CHARACTERS = 40_000_000  # of JSON, in one answer: about 0.3 s


@dataclass(frozen=True, slots=True)
class Place:
    """A kept message: the compression that stored it, and its index before it."""

    compression: int
    index: int

    def __str__(self) -> str:
        return f"{self.compression}.{self.index}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Of `"12.340"`; None for what no page has written."""
        parts = text.split(".")
        if len(parts) != 2 or not all(p.isascii() and p.isdigit() for p in parts):
            return None
        # Longer than any: int() of a huge text takes its time.
        return None if max(map(len, parts)) > 15 else cls(*map(int, parts))


class Fate(msgspec.Struct):
    """What happened to one message before a compression, by its review."""

    index: int = 0
    tokens: int = 0


class _Analysis(msgspec.Struct):
    fates: list[Fate] = []


@dataclass(frozen=True, slots=True)
class Kept:
    """One message. `tokens` is None where the compression was not reviewed yet."""

    place: Place
    raw: Any
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Ending:
    """A compression between two messages, and what it wrote in their place."""

    compression: Compression
    new: list[Any]


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """A page of messages and compressions. `earlier` and `later` are where the pages
    around it start; None where there are none.
    """

    items: list[Kept | Ending]
    earlier: Place | None
    later: Place | None


@dataclass(frozen=True, slots=True)
class Found:
    """Messages that contain a text; `later` is where to search on, None at the end."""

    items: list[Kept]
    later: Place | None


class KeptMessages:
    """The kept messages of one lane. Costs one query; texts are read when needed, one
    compression's at a time, so that memory holds two of them at most.
    """

    def __init__(self, session: LLMSession, lane: str = "main") -> None:
        rows = Compression.objects.filter(
            session=session, lane=lane, text__before__isnull=False
        )
        newest = list(rows.order_by("-at", "-pk")[:MOST_CHAPTERS])
        self.chapters = newest[::-1]
        self._at = {row.pk: number for number, row in enumerate(self.chapters)}

    def page(self, start: Place | None, *, limit: int) -> MessagesPage:
        """From `start` on; from the first for None or a place that is gone."""
        number, index = self._where(start)
        items: list[Kept | Ending] = []
        count, earlier = 0, None
        while number < len(self.chapters):
            chapter = self._read(number)
            index = max(index, chapter.skip)
            if not items:
                earlier = self._before(number, index, chapter.skip, limit)
            end = min(len(chapter.before), index + limit - count)
            tokens = self._tokens(number)
            items += [chapter.kept(at, tokens) for at in range(index, end)]
            count += max(0, end - index)
            if end < len(chapter.before):
                return MessagesPage(items, earlier, Place(chapter.row.pk, end))
            items.append(Ending(chapter.row, chapter.new()))
            number, index = number + 1, 0
            if count >= limit and number < len(self.chapters):
                return MessagesPage(items, earlier, Place(self.chapters[number].pk, 0))
        return MessagesPage(items, earlier, None)

    def one(self, place: Place) -> Kept | None:
        """None where there is no such message."""
        number = self._at.get(place.compression)
        if number is None:
            return None
        before = raw_list(self._text(number, "before"))
        if place.index >= len(before):
            return None
        return Kept(place, json.loads(bytes(before[place.index])), None)

    def search(self, text: str, start: Place | None, *, limit: int, say: Any) -> Found:
        """Messages whose readable text contains `text`, ignoring case, in order. `say`
        makes the readable text of a raw message.
        """
        wanted, looked = text.casefold(), 0
        number, index = self._where(start)
        found: list[Kept] = []
        for at in range(number, len(self.chapters)):
            chapter = self._read(at)
            tokens = self._tokens(at)
            for place in range(max(index, chapter.skip), len(chapter.before)):
                if len(found) == limit or looked > SEARCHED_CHARACTERS:
                    return Found(found, Place(chapter.row.pk, place))
                looked += len(bytes(chapter.before[place]))
                kept = chapter.kept(place, tokens)
                if wanted in say(kept.raw).casefold():
                    found.append(kept)
            index = 0
        return Found(found, None)

    def largest(self) -> list[tuple[Place, int, int]]:
        """The largest messages of the newest compressions: place, tokens, and how many
        compressions there were before.
        """
        first = max(0, len(self.chapters) - MOST_MEASURED)
        return heapq.nlargest(
            LARGEST, self._measured(first), key=lambda found: found[1]
        )

    def _measured(self, first: int) -> Iterator[tuple[Place, int, int]]:
        for number in range(first, len(self.chapters)):
            # What the earlier compression left is repeated at the beginning.
            left = carried(self.chapters[number - 1]) if number else 0
            for at, tokens in self._tokens(number).items():
                if at >= left:
                    yield Place(self.chapters[number].pk, at), tokens, number

    def _where(self, start: Place | None) -> tuple[int, int]:
        if start is None or start.compression not in self._at:
            return 0, 0
        return self._at[start.compression], start.index

    def _before(self, number: int, index: int, skip: int, limit: int) -> Place | None:
        if index > skip:
            return Place(self.chapters[number].pk, max(skip, index - limit))
        if number == 0:
            return None
        row = self.chapters[number - 1]
        return Place(row.pk, max(0, (row.before_message_count or 0) - limit))

    def _read(self, number: int) -> _Chapter:
        row = self.chapters[number]
        before = raw_list(self._text(number, "before"))
        skip = 0
        if number:
            left = raw_list(self._text(number - 1, "after"))
            skip = shared(before, left)
            if not skip:  # it was only advised, or refused: the messages went on
                skip = shared(before, raw_list(self._text(number - 1, "before")))
        return _Chapter(
            row, before, skip, lambda: raw_list(self._text(number, "after"))
        )

    def _text(self, number: int, column: str) -> str | None:
        return texts(self.chapters[number].pk, column).first()

    def _tokens(self, number: int) -> dict[int, int]:
        text = self._text(number, "analysis")
        try:
            found = msgspec.json.decode(text or "{}", type=_Analysis, strict=False)
        except msgspec.DecodeError:
            return {}
        return {fate.index: fate.tokens for fate in found.fates}


class _Chapter(NamedTuple):
    row: Compression
    before: list[msgspec.Raw]
    skip: int  # messages at its beginning that were shown already
    after: Any

    def kept(self, at: int, tokens: dict[int, int]) -> Kept:
        raw = json.loads(bytes(self.before[at]))
        return Kept(Place(self.row.pk, at), raw, tokens.get(at))

    def new(self) -> list[Any]:
        old = {bytes(raw) for raw in self.before}
        new = (raw for raw in self.after() if bytes(raw) not in old)
        return [json.loads(bytes(raw)) for raw, _ in zip(new, range(MOST_NEW))]  # noqa: B905 - the shorter ends it
