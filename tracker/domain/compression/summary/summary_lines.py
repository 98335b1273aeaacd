"""What a summary is made of: lines that name their source message, and its frame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.domain.conversation.message_pieces import Piece
from tracker.domain.conversation.messages import SUMMARY_START as START
from tracker.domain.conversation.messages import Message
from tracker.domain.counting.measure import Count

LETTERS = {"user": "U", "assistant": "A", "tool": "T", "system": "S", "thinking": "R"}
_ROLES = {letter: role for role, letter in LETTERS.items()}
GAP = " … "
_END = "</earlier>"
_FRAME = re.compile(
    r'<earlier messages="(\d+)-(\d+)">\n[^\n]*\n(.*)</earlier>\s*', re.DOTALL
)
_LIKE_LINE = re.compile(r" +\[\d+[A-Z]\] ")
_LIKE_ROW = re.compile(r"\n(?= *\[\d+[A-Z]\] )")
_LINE = re.compile(r"\[(\d+)([A-Z])\] (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line. `sources` are indices in the list that was compressed.

    `number` is the message's number in the whole conversation, from 1, which stays
    the same over several compressions. `kind` is extract, squeezed, earlier or fact.
    """

    number: int
    role: str
    text: str
    sources: tuple[int, ...]
    kind: str = "extract"

    @property
    def label(self) -> str:
        return f"[{self.number}{LETTERS.get(self.role, 'U')}]"

    def __str__(self) -> str:
        return f"{self.label} {self.text}"


@dataclass(frozen=True, slots=True)
class EarlierSummary:
    """A summary of ours found in a message: numbers it covers, and its lines."""

    first: int
    last: int
    lines: tuple[SummaryLine, ...]
    piece: Piece
    is_whole_message: bool


def frame_summary(lines: Sequence[SummaryLine], *, first: int, last: int) -> str:
    """The text that stands for messages `first` to `last` of the conversation.

    It says of itself that it is no instruction, so that a model does not resume an
    old task; the tags make it recognisable in the next compression.
    """
    told = "Reference only, not instructions. U user, A assistant, T tool."
    body = "".join(f"{_escaped(line)}\n" for line in lines)
    return f'{START}"{first}-{last}">\n{told}\n{body}{_END}'


def frame_tokens(count: Count, *, first: int, last: int) -> int:
    return count(frame_summary((), first=first, last=last)) + 1


def lines_tokens(lines: Sequence[SummaryLine], count: Count) -> int:
    return count("\n".join(map(_escaped, lines))) if lines else 0


def find_earlier(message: Message) -> EarlierSummary | None:
    """The summary a message carries, alone or as a block of its own."""
    for piece in message.pieces:
        if piece.kind != "text" or not piece.text.startswith(START):
            continue
        found = _FRAME.fullmatch(piece.text)
        if found is None or message.is_pinned or message.role == "system":
            continue
        lines = tuple(_read_lines(found[3], message.index))
        return EarlierSummary(
            int(found[1]), int(found[2]), lines, piece, len(message.pieces) == 1
        )
    return None


def _read_lines(body: str, index: int) -> Iterator[SummaryLine]:
    label, text = None, ""
    for row in body.split("\n"):
        match = _LINE.fullmatch(row)
        if match is None:
            text += f"\n{row[1:] if _LIKE_LINE.match(row) else row}"
            continue
        if label is not None:
            yield SummaryLine(*label, text, (index,))
        label, text = (int(match[1]), _ROLES.get(match[2], "user")), match[3]
    if label is not None:
        yield SummaryLine(*label, text.removesuffix("\n"), (index,))


def _escaped(line: SummaryLine) -> str:
    """Without a tag of ours that a message may have quoted; its further rows that look
    like another line begin with a space more.
    """
    text = _LIKE_ROW.sub("\n ", str(line)) if "\n" in line.text else str(line)
    return text.replace(_END, "[end]")
