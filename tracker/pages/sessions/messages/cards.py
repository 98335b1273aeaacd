"""A kept message as its page shows it: its words open, its calls and results folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError, Piece
from tracker.domain.conversation.messages import read_message
from tracker.domain.conversation.text.folding import found_span
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import Compression
from tracker.pages.compressions.messages.conversation import KINDS, plain
from tracker.pages.compressions.messages.diff import cut_at
from tracker.reading.sessions.kept_messages import Ending, Kept, Place

CLAMP, CLAMP_LINES = 1_600, 24  # of a piece, in characters and lines
FULL = 200_000  # characters of a message when all of it is asked for
HINT = 90  # characters of a folded piece in its line
AROUND = 160  # characters on each side of what was searched
FOLDED = ("call", "result", "thinking", "other")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a message. `hint` is shown while it is folded."""

    kind: str  # of a Piece
    word: str
    hint: str
    text: str
    characters: int
    is_cut: bool

    @property
    def is_folded(self) -> bool:
        return self.kind in FOLDED


@dataclass(frozen=True, slots=True)
class MessageCard:
    place: Place
    role: str
    parts: Sequence[Part]
    tokens: int | None
    # What was searched, and the text on both sides of it; empty without a search.
    around: tuple[str, str, str] | None = None

    @property
    def number(self) -> int:
        return self.place.index + 1

    @property
    def anchor(self) -> str:
        return f"m{self.place.compression}-{self.number}"

    @property
    def is_cut(self) -> bool:
        return any(part.is_cut for part in self.parts)

    @property
    def characters(self) -> int:
        return sum(part.characters for part in self.parts)


@dataclass(frozen=True, slots=True)
class EndingCard:
    """A compression, and the messages that it wrote. `ending` tells it in templates."""

    ending: Compression
    new: Sequence[MessageCard]


def cards_of(items: Sequence[Kept | Ending]) -> list[MessageCard | EndingCard]:
    return [_ending(i) if isinstance(i, Ending) else card_of(i) for i in items]


def card_of(kept: Kept, *, is_full: bool = False) -> MessageCard:
    role, parts = _read(kept.raw, is_full=is_full)
    return MessageCard(kept.place, role, parts, kept.tokens)


def found_card(kept: Kept, wanted: str) -> MessageCard:
    """The message around the first place that holds `wanted`."""
    text = readable(kept.raw)
    at, end = found_span(text, wanted) or (0, 0)
    start = max(0, at - AROUND)
    left = ("…" if start else "") + text[start:at]
    right = text[end : end + AROUND] + ("…" if end + AROUND < len(text) else "")
    role, _ = _read(kept.raw, is_full=False)
    return MessageCard(kept.place, role, (), kept.tokens, (left, text[at:end], right))


def readable(raw: Any) -> str:
    """What a search looks through: all that the page can show of a message."""
    try:
        return read_message(raw).text
    except MessageError:
        return plain(raw)


def _ending(item: Ending) -> EndingCard:
    new = [
        MessageCard(Place(item.compression.pk, at), *_read(raw, is_full=False), None)
        for at, raw in enumerate(item.new)
    ]
    return EndingCard(item.compression, new)


def _read(raw: Any, *, is_full: bool) -> tuple[str, tuple[Part, ...]]:
    """Role and parts. One of no known shape is shown as its JSON."""
    try:
        message = read_message(raw)
    except MessageError:
        return "unknown", (_part(Piece("other", plain(raw)), is_full=is_full),)
    return message.role, tuple(_parts(message.pieces, is_full=is_full))


def _parts(pieces: Sequence[Piece], *, is_full: bool) -> Iterator[Part]:
    for piece in pieces:
        if piece.text.strip() or piece.name or piece.images:
            yield _part(piece, is_full=is_full)


def _part(piece: Piece, *, is_full: bool) -> Part:
    text = piece.text.strip()[:FULL]
    whole = len(text)
    cut = whole if is_full else cut_at(text, most=CLAMP, lines=CLAMP_LINES)
    word = KINDS.get(piece.kind, "" if piece.kind == "text" else piece.kind)
    line = visible(" ".join((piece.name or text[: 4 * HINT]).split()))
    if piece.kind == "call":
        line = visible(" ".join(f"{piece.name} {text[: 4 * HINT]}".split()))
    hint = line if len(line) <= HINT else f"{line[: HINT - 1]}…"
    return Part(piece.kind, word, hint, text[:cut], whole, cut < whole)
