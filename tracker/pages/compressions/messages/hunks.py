"""Pairs the messages before and after a compression, and folds long stretches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

KEPT, SHORTENED, REPLACED = "kept", "shortened", "replaced"
LEAST_FOLDED = 2  # one message takes no more room than its fold


@dataclass(slots=True)
class Hunk:
    """Earlier messages and those that replace them, as indices."""

    kind: str
    before: list[int]
    after: list[int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages `first` to `last` (indices) behind one fold."""

    first: int
    last: int


def hunks_of(fates: Sequence[dict[str, Any]], after_count: int) -> list[Hunk]:
    """Each message of `before` once, in order; new messages of `after` beside the ones
    that they replace. `fates` are those of the analysis.
    """
    hunks: list[Hunk] = []
    for fate in fates:
        kind = fate["fate"] if fate["fate"] in (KEPT, SHORTENED) else REPLACED
        is_same = hunks and hunks[-1].kind == kind and kind != SHORTENED
        if not is_same:
            hunks.append(Hunk(kind, [], []))
        hunks[-1].before.append(fate["index"])
        if fate["after_index"] is not None:
            hunks[-1].after.append(fate["after_index"])
    paired = {at for hunk in hunks for at in hunk.after}
    for at in range(after_count):
        if at not in paired:
            _place(hunks, at)
    return hunks


def _place(hunks: list[Hunk], at: int) -> None:
    """Beside the last replaced stretch that ends before what follows `at`."""
    end = len(hunks)
    for number, hunk in enumerate(hunks):
        if hunk.kind != REPLACED and hunk.after and min(hunk.after) > at:
            end = number
            break
    for hunk in reversed(hunks[:end]):
        if hunk.kind == REPLACED:
            hunk.after.append(at)
            return
    hunks.insert(end, Hunk(REPLACED, [], [at]))


def folded(indices: Sequence[int], opened: Collection[int]) -> list[int | Stretch]:
    """The indices in order, those that are not `opened` gathered in stretches."""
    items: list[int | Stretch] = []
    waiting: list[int] = []
    for index in [*indices, None]:
        if index is not None and index not in opened:
            waiting.append(index)
            continue
        if len(waiting) >= LEAST_FOLDED:
            items.append(Stretch(waiting[0], waiting[-1]))
        else:
            items.extend(waiting)
        waiting = []
        if index is not None:
            items.append(index)
    return items


def opened_of_kept(indices: Sequence[int], *, is_last: bool) -> set[int]:
    """The messages of an unchanged stretch that stay open: those beside a change, so
    that a reader knows where it is.
    """
    if len(indices) <= LEAST_FOLDED:
        return set(indices)
    return {indices[-1], indices[0]} if is_last else {indices[0]}
