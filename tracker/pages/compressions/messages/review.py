"""A compression's messages laid out for review: what changed open, the rest folded."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import QueryDict

from tracker.pages.compressions.messages.cards import CHUNK, Card, Fold, Messages
from tracker.pages.compressions.messages.hunks import (
    KEPT,
    REPLACED,
    SHORTENED,
    Hunk,
    hunks_of,
    opened_of_kept,
)

MOST_OPENED = 8  # messages that lost something, shown without being asked for
MOST_AFTER = 12  # new messages shown in one stretch
LINES_SHOWN = 12
WEIGHT = {"constraint": 0, "decision": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Look:
    """What the address says: `view` side or unified, `show` lost or all, `at` an
    index to open, `kind` a class of facts.
    """

    view: str
    show: str
    at: int | None
    kind: str


def look_of(query: QueryDict) -> Look:
    number = query.get("at", "")
    # Longer than any list: int() of a huge text takes its time.
    at = int(number) - 1 if number.isdecimal() and len(number) < 8 else None
    return Look(
        view="unified" if query.get("view") == "unified" else "side",
        show="all" if query.get("show") == "all" else "lost",
        at=at,
        kind=query.get("kind", "")[:20],
    )


@dataclass(frozen=True, slots=True)
class ShownLine:
    number: int
    text: str
    refs: list[int]  # message numbers


@dataclass(slots=True)
class StretchRow:
    """A stretch of the conversation: what was there, what stands there now."""

    kind: str
    left: list[Card | Fold] = field(default_factory=list)
    right: list[Card | Fold] = field(default_factory=list)
    has_summary: bool = False
    hidden_after: int = 0


def rows_of(messages: Messages, look: Look) -> list[StretchRow]:
    hunks = hunks_of(messages.fates, len(messages.after))
    opened = opened_messages(messages, look)
    summary_at = _summary_hunk(messages, hunks)
    return [
        _row(
            messages,
            hunk,
            opened,
            has_summary=number == summary_at,
            is_last=number == len(hunks) - 1,
        )
        for number, hunk in enumerate(hunks)
    ]


def opened_messages(messages: Messages, look: Look) -> set[int]:
    """The messages that lost what matters most, the first, and the one asked for."""
    if look.show == "all":
        found = set(range(len(messages.before)))
        # The first chunk: the rest is fetched while one reads.
        return found if len(found) <= CHUNK else set(range(CHUNK))
    lost = [fact for fact in messages.facts if not fact["is_kept"]]
    lost.sort(
        key=lambda f: (-(f["used_again"] or 0), WEIGHT.get(f["kind"], 3), -f["rarity"])
    )
    opened = {0}
    for fact in lost:
        if len(opened) > MOST_OPENED:
            break
        opened.add(fact["message"])
    return opened if look.at is None else opened | {look.at}


def _row(
    messages: Messages,
    hunk: Hunk,
    opened: set[int],
    *,
    has_summary: bool,
    is_last: bool,
) -> StretchRow:
    row = StretchRow(hunk.kind, has_summary=has_summary)
    if hunk.kind == KEPT:
        opened = opened | opened_of_kept(hunk.before, is_last=is_last)
    if hunk.kind == SHORTENED:
        row.left = [messages.before_card(hunk.before[0])]
        row.right = [messages.changed_card(hunk.before[0])]
        return row
    row.left = messages.items(hunk.before, opened)
    if hunk.kind == REPLACED:
        new = hunk.after
        if has_summary:  # it is shown line by line
            new = [at for at in new if not _is_summary(messages, at)]
        row.right = [messages.after_card(at) for at in new[:MOST_AFTER]]
        row.hidden_after = max(0, len(new) - MOST_AFTER)
    return row


def _is_summary(messages: Messages, at: int) -> bool:
    """Whether the lines that are shown one by one stand in this new message."""
    text = str(messages.after[at].get("content", "")) if messages.lines else ""
    return bool(text) and messages.lines[0]["text"][:40] in text


def _summary_hunk(messages: Messages, hunks: list[Hunk]) -> int | None:
    """The hunk that shows the summary: its own message, else the first replaced one."""
    if not messages.lines:
        return None
    replaced = [n for n, hunk in enumerate(hunks) if hunk.kind == REPLACED]
    for number in replaced:
        if any(_is_summary(messages, at) for at in hunks[number].after):
            return number
    return replaced[0] if replaced else None


def lines_of(messages: Messages) -> tuple[list[ShownLine], list[ShownLine]]:
    """The summary's lines with the messages they come from: shown, and behind."""
    lines = [
        ShownLine(number, line["text"], [at + 1 for at in line["sources"]])
        for number, line in enumerate(messages.lines, start=1)
    ]
    return lines[:LINES_SHOWN], lines[LINES_SHOWN:]


def visible_numbers(rows: list[StretchRow]) -> set[int]:
    """Numbers of the earlier messages that are open on the page."""
    return {
        card.message.number
        for row in rows
        for card in row.left
        if isinstance(card, Card)
    }
