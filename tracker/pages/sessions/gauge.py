"""Where the marks of a gauge stand, in percent of its width.

Drawn as SVG without viewBox: every x is a percentage, nothing is ever distorted. The
browser moves the fill by three attributes and never computes a level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import BudgetStatus
from tracker.pages.charts.palette import PART_NAMES

LIST_SCALE = 1.12  # rows share 0 to 112 % of available, so thresholds align


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch between two thresholds; `text` is the threshold's own number."""

    level: str
    x: float
    width: float
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the window in the lane under a large gauge."""

    name: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class GaugeShape:
    share: float  # how much of the width the available tokens take, in percent
    fill: float
    hot_x: float
    hot: float
    target: float
    target_text: str
    reserve: float
    client: float | None  # where the client compacts by itself; None: not told
    client_tokens: int | None
    zones: tuple[Zone, ...]
    slices: tuple[Slice, ...]

    @property
    def over(self) -> float:
        """How much of the width lies beyond the available tokens."""
        return round(max(0.0, self.fill - self.share), 2)

    @property
    def is_broken(self) -> bool:
        """The bar is longer than the scale: it ends in an arrow."""
        return self.fill >= 100


def list_gauge(
    status: BudgetStatus, policy: BudgetPolicy, compact_at_tokens: int | None = None
) -> GaugeShape:
    """For a row: a common scale in percent of available."""
    scale = status.limits.available_tokens * LIST_SCALE
    return _gauge(status, policy, scale, compact_at_tokens)


def large_gauge(
    status: BudgetStatus, policy: BudgetPolicy, compact_at_tokens: int | None = None
) -> GaugeShape:
    """For a session's page: the whole window, the reserve included."""
    return _gauge(status, policy, status.limits.window_tokens, compact_at_tokens)


def _gauge(
    status: BudgetStatus,
    policy: BudgetPolicy,
    scale: float,
    compact_at_tokens: int | None,
) -> GaugeShape:
    limits = status.limits

    def at(tokens: float) -> float:
        return round(min(100.0, 100 * max(0, tokens) / scale), 2)

    borders = (
        ("warning", limits.warning_tokens, limits.compress_tokens, policy.warning),
        ("compress", limits.compress_tokens, limits.critical_tokens, policy.compress),
        ("critical", limits.critical_tokens, limits.available_tokens, policy.critical),
    )
    if compact_at_tokens is not None and compact_at_tokens > scale:
        compact_at_tokens = None  # of another window than this one
    fill, hot_x = at(status.used_tokens), at(limits.warning_tokens)
    return GaugeShape(
        share=at(limits.available_tokens),
        fill=fill,
        hot_x=hot_x,
        hot=round(max(0.0, fill - hot_x), 2),
        target=at(limits.target_tokens),
        target_text=_short(policy.target),
        reserve=round(at(limits.window_tokens) - at(limits.available_tokens), 2),
        client=None if compact_at_tokens is None else at(compact_at_tokens),
        client_tokens=compact_at_tokens,
        zones=tuple(
            Zone(
                level,
                at(start),
                round(max(0.0, at(end) - at(start)), 2),
                _short(t),
                start,
            )
            for level, start, end, t in borders
        ),
        slices=_slices(status, at),
    )


def _short(threshold: object) -> str:
    return str(threshold).removesuffix(" %").removesuffix(" tokens")


def _slices(status: BudgetStatus, at: Callable[[int], float]) -> tuple[Slice, ...]:
    """The parts from left to right, the steady ones first."""
    found, start = [], 0
    for name in PART_NAMES:
        tokens = getattr(status.parts, name)
        x, end = at(start), at(start + tokens)
        start += tokens
        if end > x:
            found.append(Slice(name, x, round(max(0.05, end - x - 0.05), 2)))
    return tuple(found)
