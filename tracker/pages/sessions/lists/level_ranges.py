"""Which thresholds the levels above a list stand for: those that judged its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.budget.resolution import PolicyBook
from tracker.models import Project
from tracker.pages.sessions.gauge import LIST_SCALE
from tracker.pages.sessions.present import GaugeRow

VARIES = "by policy"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line above the list's gauges, where all rows share it. `x` in percent."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class LevelRanges:
    """`texts` per level, such as "85 to 95 %", or "by policy" where rows differ."""

    texts: dict[str, str]
    marks: tuple[Mark, ...]
    target: Mark | None


def applied_ranges(
    projects: Sequence[Project], rows: Iterable[GaugeRow], book: PolicyBook
) -> LevelRanges:
    """Of the policies that judge `rows`; without rows, of the projects' own."""
    policies = {row.effective.policy for row in rows}
    policies = policies or {book.policy_for(p.pk, "").policy for p in projects}
    policies = policies or {BudgetPolicy()}
    marks = (_mark({getattr(p, name) for p in policies}) for name in THRESHOLDS)
    return LevelRanges(
        {level: _one({_text(level, p) for p in policies}) for level in ORDER},
        tuple(mark for mark in marks if mark),
        _mark({p.target for p in policies}),
    )


THRESHOLDS = ("warning", "compress", "critical")
ORDER = ("ok", *THRESHOLDS, "exceeded")


def _text(level: str, policy: BudgetPolicy) -> str:
    if level == "ok":
        return f"under {policy.warning}"
    if level == "exceeded":
        return "over 100 %"
    following = {"warning": policy.compress, "compress": policy.critical}
    start: Threshold = getattr(policy, level)
    end = str(following.get(level, "100 %"))
    unit = end[end.index(" ") :]
    return f"{str(start).removesuffix(unit)} to {end}"


def _one(texts: set[str]) -> str:
    return texts.pop() if len(texts) == 1 else VARIES


def _mark(thresholds: set[Threshold]) -> Mark | None:
    """The threshold's place. None if rows differ, or if it is a number of tokens: then
    it is at another place in each row.
    """
    if len(thresholds) > 1:
        return None
    points = thresholds.pop().basis_points
    if points is None:
        return None
    return Mark(round(points / 100 / LIST_SCALE, 2), f"{points / 100:g}")
