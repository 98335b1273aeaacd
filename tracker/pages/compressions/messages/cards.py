"""The messages of a compression as its page shows them: cards and folds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.dialects.parts.blocks import as_list
from tracker.models import Compression
from tracker.pages.compressions.messages.conversation import Shown, shown
from tracker.pages.compressions.messages.diff import MarkedText, changes, cut_at, marked
from tracker.pages.compressions.messages.hunks import Stretch, folded

CLAMP = 600  # characters of a message shown at once,
CLAMP_LINES = 9  # and lines
FULL = 200_000  # and at most, when all of it is asked for
CHUNK = 40  # messages that opening a fold brings
MOST_REFS = 4
FATES = ("kept", "summarised", "shortened", "dropped")


@dataclass(frozen=True, slots=True)
class Card:
    """One message. `side` is before or after; `lines` are summary lines citing it."""

    side: str
    message: Shown
    fate: str
    tokens: int | None
    spans: list[MarkedText]
    characters: int
    is_cut: bool
    lines: Sequence[int] = ()
    facts_lost: int = 0

    @property
    def anchor(self) -> str:
        return f"{'m' if self.side == 'before' else 'a'}{self.message.number}"


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch that is fetched when asked for. Numbers count from 1."""

    side: str
    first: int
    last: int
    tokens: int
    facts_lost: int
    bars: list[tuple[str, str, str]]  # fate, x and width in percent
    words: str

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Messages:
    """What is stored of a compression's messages, with their fates."""

    def __init__(self, row: Compression) -> None:
        text = getattr(row, "text", None)
        self.analysis: dict[str, Any] = (text.analysis if text else None) or {}
        self.before: list[Any] = as_list(text.before if text else None)
        self.after: list[Any] = as_list(text.after if text else None)
        self.has_before = bool(text and isinstance(text.before, list))
        self.has_after = bool(text and isinstance(text.after, list))
        self.summary: str = text.summary if text else ""
        self.fates = _known_fates(self.analysis.get("fates") or [], len(self.before))
        self.facts = self.analysis.get("facts") or []
        self.lines = self.analysis.get("lines") or []
        self._lost: dict[int, list[str]] = defaultdict(list)
        for fact in self.facts:
            if not fact["is_kept"]:
                self._lost[fact["message"]].append(fact["text"])
        self._cited: dict[int, list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines, start=1):
            for at in line["sources"]:
                self._cited[at].append(number)

    def before_card(self, index: int, *, is_full: bool = False) -> Card:
        fate = self.fates[index]
        message = shown(self.before[index], index)
        text = message.text[:FULL]
        cut = _cut(text, is_full=is_full)
        lost = self._lost[index]
        return Card(
            side="before",
            message=message,
            fate=fate["fate"],
            tokens=fate["tokens"],
            spans=marked(text, lost, cut=cut),
            characters=len(message.text),
            is_cut=cut < len(text),
            lines=self._cited[index][:MOST_REFS],
            facts_lost=len(lost),
        )

    def changed_card(self, index: int) -> Card:
        """A shortened message as it reads afterwards, with what changed in it."""
        at = self.fates[index]["after_index"]
        old, message = shown(self.before[index], index), shown(self.after[at], at)
        return Card(
            side="after",
            message=message,
            fate="shortened",
            tokens=self.fates[index]["after_tokens"],
            spans=changes(old.text[:FULL], message.text[:FULL]),
            characters=len(message.text),
            is_cut=False,
        )

    def after_card(self, index: int, *, is_full: bool = False) -> Card:
        message = shown(self.after[index], index)
        text = message.text[:FULL]
        cut = _cut(text, is_full=is_full)
        return Card(
            side="after",
            message=message,
            fate="new",
            tokens=None,
            spans=marked(text, (), cut=cut),
            characters=len(message.text),
            is_cut=cut < len(text),
        )

    def fold(self, stretch: Stretch) -> Fold:
        fates = self.fates[stretch.first : stretch.last + 1]
        counts = Counter(fate["fate"] for fate in fates)
        return Fold(
            side="before",
            first=stretch.first + 1,
            last=stretch.last + 1,
            tokens=sum(fate["tokens"] for fate in fates),
            facts_lost=sum(len(self._lost[fate["index"]]) for fate in fates),
            bars=bars_of(counts),
            words=", ".join(f"{counts[f]:,} {f}" for f in FATES if counts[f]),
        )

    def stretch(
        self, first: int, last: int, *, opened: Collection[int] = ()
    ) -> list[Card | Fold]:
        """Messages `first` to `last` (indices): the first chunk of them, the rest
        folded; or, where some are to be `opened`, only those.
        """
        opened = opened or range(first, min(last, first + CHUNK - 1) + 1)
        return self.items(range(first, last + 1), opened)

    def items(
        self, indices: Sequence[int], opened: Collection[int]
    ) -> list[Card | Fold]:
        """These messages in order, those that are not opened in folds."""
        return [
            self.fold(item) if isinstance(item, Stretch) else self.before_card(item)
            for item in folded(indices, opened)
        ]


def bars_of(counts: dict[str, int]) -> list[tuple[str, str, str]]:
    """One bar per fate there is, side by side on 100 percent."""
    whole = sum(counts.get(fate, 0) for fate in FATES)
    bars, x = [], 0.0
    for fate in FATES:
        if counts.get(fate):
            width = 100 * counts[fate] / whole
            bars.append((fate, f"{x:.2f}", f"{max(width - 1, 0.5):.2f}"))
            x += width
    return bars


def _cut(text: str, *, is_full: bool) -> int:
    return len(text) if is_full else cut_at(text, most=CLAMP, lines=CLAMP_LINES)


def _known_fates(fates: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """One fate per message; without an analysis, an empty one for each."""
    if len(fates) == count:
        return fates
    return [
        {"index": at, "fate": "", "tokens": 0, "after_index": None, "after_tokens": 0}
        for at in range(count)
    ]
