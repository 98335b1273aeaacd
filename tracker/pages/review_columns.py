"""The two columns of a compression's page: messages with their fates, runs folded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tracker.pages.message_text import Shown, shown_message

MOST_OPEN = 14  # messages worth reading that are shown unfolded
SHORT_ENOUGH = 24  # a conversation up to this is shown whole
MOST_MARKED = 200  # lost facts underlined in one message
USED_AGAIN_WEIGHT = 5.0


@dataclass(frozen=True, slots=True)
class Line:
    """One message, or the summary as lines of its own. `fate` is "" where unknown."""

    shown: Shown
    fate: str = ""
    tokens: int | None = None
    facts_lost: int = 0
    html: SafeString = SafeString("")
    summary: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Messages `first` to `last` (from 1), folded with what they hold."""

    first: int
    last: int
    tokens: int
    facts_lost: int
    shares: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def before_column(
    messages: Any, analysis: dict[str, Any], *, show_all: bool = False
) -> list[Line | Fold] | None:
    """None where no messages are kept, which is not the same as an empty list."""
    if not isinstance(messages, list):
        return None
    fates = {fate["index"]: fate for fate in analysis.get("fates", ())}
    lost = _lost_by_message(analysis)
    opened = _worth_reading(len(messages), fates, lost)
    if show_all or len(messages) <= SHORT_ENOUGH:
        opened = set(range(len(messages)))
    return _folded(messages, opened, fates, lost)


def after_column(messages: Any, analysis: dict[str, Any]) -> list[Line | Fold] | None:
    if not isinstance(messages, list):
        return None
    came_from = {f["after_index"]: f for f in analysis.get("fates", ())}
    lines = [line for line in analysis.get("lines", ()) if line["text"].strip()]
    found: list[Line | Fold] = []
    for index, message in enumerate(messages[:MOST_OPEN]):
        fate = came_from.get(index)
        shown = shown_message(index + 1, message)
        if fate is None and lines:
            found.append(Line(shown, "summarised", summary=_numbered(lines)))
            lines = []
        elif fate is None:
            found.append(Line(shown, html=marked(shown.text, ())))
        else:
            tokens = fate["after_tokens"]
            found.append(Line(shown, fate["fate"], tokens, html=marked(shown.text, ())))
    if len(messages) > MOST_OPEN:
        found.append(_fold(MOST_OPEN, len(messages) - 1, {}, came_from))
    return found


def run_of_messages(
    messages: Any, analysis: dict[str, Any], *, first: int, last: int
) -> list[Line | Fold]:
    """Messages `first` to `last`, counted from 1: what a fold hides."""
    chosen = messages if isinstance(messages, list) else []
    fates = {fate["index"]: fate for fate in analysis.get("fates", ())}
    lost = _lost_by_message(analysis)
    numbers = range(max(0, first - 1), min(last, len(chosen)))
    return [_line(i, chosen[i], fates, lost) for i in numbers]


def marked(text: str, literals: Iterable[str]) -> SafeString:
    """`text` escaped, with the lost literals underlined."""
    wanted = sorted({w for w in literals if w}, key=len, reverse=True)[:MOST_MARKED]
    if not wanted:
        return format_html("{}", text)
    pieces = re.split("(" + "|".join(map(re.escape, wanted)) + ")", text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<mark class="lost">{}</mark>', piece) if i % 2 else piece,)
            for i, piece in enumerate(pieces)
        ),
    )


def _numbered(lines: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"text": line["text"], "sources": [s + 1 for s in line["sources"]]}
        for line in lines
    )


def _lost_by_message(analysis: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for fact in analysis.get("facts", ()):
        if not fact["is_kept"]:
            found.setdefault(fact["message"], []).append(fact)
    return found


def _worth_reading(
    count: int, fates: dict[int, Any], lost: dict[int, list[dict[str, Any]]]
) -> set[int]:
    """The first, the last, and those whose loss weighs most."""

    def weight(index: int) -> float:
        facts = lost.get(index, ())
        again = sum(fact["used_again"] or 0 for fact in facts)
        return sum(f["rarity"] for f in facts) + USED_AGAIN_WEIGHT * again

    heaviest = sorted(lost, key=weight, reverse=True)[: MOST_OPEN - 2]
    return {0, count - 1, *heaviest}


def _folded(
    messages: list[Any],
    opened: set[int],
    fates: dict[int, Any],
    lost: dict[int, list[dict[str, Any]]],
) -> list[Line | Fold]:
    found: list[Line | Fold] = []
    start = 0
    for index in sorted(i for i in opened if 0 <= i < len(messages)):
        if index > start:
            found.append(_fold(start, index - 1, lost, fates))
        found.append(_line(index, messages[index], fates, lost))
        start = index + 1
    if start < len(messages):
        found.append(_fold(start, len(messages) - 1, lost, fates))
    return found


def _line(
    index: int,
    message: Any,
    fates: dict[int, Any],
    lost: dict[int, list[dict[str, Any]]],
) -> Line:
    fate = fates.get(index, {})
    shown = shown_message(index + 1, message)
    literals = [fact["text"] for fact in lost.get(index, ())]
    return Line(
        shown,
        fate.get("fate", ""),
        fate.get("tokens"),
        len(literals),
        marked(shown.text, literals),
    )


def _fold(
    first: int,
    last: int,
    lost: dict[int, list[dict[str, Any]]],
    fates: dict[Any, Any],
) -> Fold:
    inside = [fates[i] for i in range(first, last + 1) if i in fates]
    counts = Counter(fate["fate"] for fate in inside)
    shares, x = [], 0.0
    for word in ("kept", "summarised", "shortened", "dropped"):
        width = 100 * counts[word] / len(inside) if inside else 0
        if width:
            shares.append((word, round(x, 1), round(width, 1)))
        x += width
    return Fold(
        first + 1,
        last + 1,
        sum(fate["tokens"] for fate in inside),
        sum(len(lost.get(i, ())) for i in range(first, last + 1)),
        shares,
    )
