"""Where the columns above the list of sessions stand: how full how many are."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from tracker.reading.sessions.active import STEPS, Spread

FLOOR, TALLEST, SQUARE, GAP = 56, 48, 7, 2  # pixels; y counts downwards
STEP = 100 / STEPS  # percent of the width, as in the gauges below


@dataclass(frozen=True, slots=True)
class Box:
    """x and width in percent of the width, y and height in pixels."""

    x: float
    y: float
    height: float
    level: str = ""
    width: float = round(STEP * 0.85, 2)


@dataclass(frozen=True, slots=True)
class DrawnSpread:
    idle: list[Box]
    active: list[Box]
    active_total: int
    idle_total: int

    @property
    def drawn_idle(self) -> SafeString:
        return _rects(self.idle, '<rect class="h-idle"')

    @property
    def drawn_active(self) -> SafeString:
        """Up to 2,000: drawn by a template they took 60 ms."""
        return _rects(self.active, '<rect class="h-on" data-level="{level}"')


def drawn(spread: Spread) -> DrawnSpread:
    """A square for each active session, smaller where many stand on each other; behind
    them a grey column for the idle ones.
    """
    most = max(map(len, spread.active))
    unit = min(SQUARE + GAP, TALLEST / most) if most else 0.0
    gap = GAP if unit == SQUARE + GAP else unit * 0.2
    height = round(unit - gap, 2)
    active = [
        Box(_x(step), round(FLOOR - unit * n - height, 2), height, level)
        for step, levels in enumerate(spread.active)
        for n, level in enumerate(levels)
    ]
    most_idle = max(spread.idle)
    idle = []
    for step, count in enumerate(spread.idle):
        if count:
            height = round(max(2.0, TALLEST * 0.7 * count / most_idle), 2)
            idle.append(Box(_x(step), round(FLOOR - height, 2), height))
    return DrawnSpread(idle, active, len(active), sum(spread.idle))


def _rects(boxes: list[Box], begin: str) -> SafeString:
    """All of it is numbers, and words of ours."""
    drawn = [
        f'{begin.format(level=box.level)} x="{box.x}%" width="{box.width}%" '
        f'y="{box.y}" height="{box.height}"/>'
        for box in boxes
    ]
    return mark_safe("".join(drawn))  # noqa: S308  # numbers, and words of ours


def _x(step: int) -> float:
    return round(step * STEP + STEP * 0.075, 2)
