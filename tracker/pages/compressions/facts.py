"""The facts a compression lost, the ones that were needed again on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.facts import FACT_KINDS

FACTS_SHOWN = 12
MOST_FACTS = 300  # the rest is in the REST answer
TEXT_SHOWN = 180
WORDS = {
    "constraint": ("instruction", "instructions"),
    "decision": ("decision", "decisions"),
    "error": ("error", "errors"),
    "path": ("path", "paths"),
    "url": ("URL", "URLs"),
    "command": ("command", "commands"),
    "identifier": ("identifier", "identifiers"),
    "number": ("number", "numbers"),
}
SENTENCES = ("constraint", "decision", "error")


@dataclass(frozen=True, slots=True)
class FactLine:
    text: str
    word: str
    number: int  # of its message
    used_again: int | None
    is_literal: bool


@dataclass(frozen=True, slots=True)
class FactClass:
    kind: str
    word: str
    kept: int
    lost: int

    @property
    def kept_percent(self) -> str:
        whole = self.kept + self.lost
        return f"{100 * self.kept / whole:.2f}" if whole else "0"


@dataclass(frozen=True, slots=True)
class FactsShown:
    """The facts lost, of one class where that was asked; `kept` is of all."""

    shown: list[FactLine]
    more: list[FactLine]
    hidden: int  # beyond the most a page shows
    lost: int
    kept: int
    used_again: int
    classes: list[FactClass]
    kind_word: str


def facts_of(analysis: dict[str, Any], *, kind: str = "") -> FactsShown:
    """Facts are stored in the order of the list: used again first, then the rarest."""
    facts = analysis.get("facts") or []
    every = [fact for fact in facts if not fact["is_kept"]]
    lost = [fact for fact in every if kind in ("", fact["kind"])]
    rows = [_lost(fact) for fact in lost[:MOST_FACTS]]
    by_kind = analysis.get("facts_by_kind") or {}
    return FactsShown(
        shown=rows[:FACTS_SHOWN],
        more=rows[FACTS_SHOWN:],
        hidden=len(lost) - len(rows),
        lost=len(lost),
        kept=len(facts) - len(every),
        used_again=sum(bool(fact["used_again"]) for fact in lost),
        classes=[
            FactClass(name, WORDS[name][1], *_counts(by_kind[name]))
            for name in FACT_KINDS
            if name in by_kind
        ],
        kind_word=WORDS[kind][1] if kind in WORDS else "",
    )


def _lost(fact: dict[str, Any]) -> FactLine:
    text = str(fact["text"])
    return FactLine(
        text=text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "…",
        word=WORDS.get(fact["kind"], (fact["kind"],))[0],
        number=fact["message"] + 1,
        used_again=fact["used_again"],
        is_literal=fact["kind"] not in SENTENCES,
    )


def _counts(counts: dict[str, int]) -> tuple[int, int]:
    return counts["kept"], counts["lost"]


def lost_words(by_kind: dict[str, dict[str, int]] | None, most: int = 3) -> str:
    """`21 numbers, 9 identifiers`: the classes that lost most."""
    lost = [(counts["lost"], kind) for kind, counts in (by_kind or {}).items()]
    lost.sort(key=lambda pair: (-pair[0], pair[1]))
    return ", ".join(
        f"{count:,} {WORDS[kind][count != 1]}"
        for count, kind in lost[:most]
        if count and kind in WORDS
    )


def headline(analysis: dict[str, Any]) -> str:
    """`1 instruction and 45 facts did not survive`; "" without an analysis."""
    if "facts_lost" not in analysis or analysis.get("score") is None:
        return ""
    lost, kept = analysis["facts_lost"], analysis["facts_kept"]
    if not lost:
        return f"All {kept:,} facts survived" if kept else "No fact was lost"
    by_kind = analysis.get("facts_by_kind") or {}
    orders = by_kind.get("constraint", {}).get("lost", 0)
    rest = lost - orders
    parts = []
    if orders:
        parts.append(f"{orders:,} {WORDS['constraint'][orders != 1]}")
    if rest:
        word = "fact" if rest == 1 else "facts"
        parts.append(f"{rest:,} other {word}" if orders else f"{rest:,} {word}")
    return f"{' and '.join(parts)} did not survive"
