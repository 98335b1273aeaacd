"""The bars of cost per day, as numbers for an SVG that needs no JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor, log10

from tracker.domain.spend.cells import Cell
from tracker.domain.spend.tables import by_cost, period_start
from tracker.reading.spend.cells import Spend

COLOURS = 4  # --n1 to --n4 of spend.css; what is left over is hatched
MOST_BARS = 62
WIDTH, HEIGHT, LEFT, TOP, FOOT = 860, 220, 52, 10, 22


@dataclass(frozen=True, slots=True)
class Piece:
    x: float
    y: float
    width: float
    height: float
    colour: int  # 1 to 4, 0 for all others


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, week or month. `hint` is what a pointer and a screen reader get."""

    start: date
    cost: Decimal
    pieces: list[Piece]
    hint: str
    x: float
    label: str
    is_second: bool  # of the labels: left out where a page is narrow


@dataclass(frozen=True, slots=True)
class Legend:
    name: str
    cost: Decimal
    colour: int


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    legend: list[Legend]
    ticks: list[tuple[float, str]]
    period: str  # "day"; where these are too many "week", and then "month"
    is_cut: bool  # there is more before the first month
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - 4
    bottom: int = HEIGHT - FOOT


def chart_of(spend: Spend, by: str, first: date, last: date) -> Chart | None:
    """Bars from `first` to `last`, split by one of BY. None without cost, also where
    it is older than the newest MOST_BARS months.
    """
    period, starts, is_cut = _periods(first, last)
    names = by_cost(spend.cells, lambda cell: spend.name_of(cell, by))
    names = [row for row in names if row.cost]
    if not names:
        return None
    colours = {row.key: n for n, row in enumerate(names[:COLOURS], start=1)}
    costs: dict[date, dict[int, Decimal]] = {}
    for cell in spend.cells:
        start = period_start(cell.hour, period)
        if cell.cost and start >= starts[0]:
            day = costs.setdefault(start, {})
            colour = colours.get(spend.name_of(cell, by), 0)
            day[colour] = day.get(colour, Decimal(0)) + cell.cost
    if not costs:
        return None
    top, ticks = _scale(max(sum(day.values(), Decimal(0)) for day in costs.values()))
    rest = sum((row.cost for row in names[COLOURS:]), Decimal(0))
    legend = [Legend(str(r.key), r.cost, colours[r.key]) for r in names[:COLOURS]]
    if rest:
        legend.append(Legend(f"{len(names) - COLOURS} others", rest, 0))
    return Chart(
        bars=[
            _bar(n, len(starts), start, costs.get(start, {}), top, period)
            for n, start in enumerate(starts)
        ],
        legend=legend,
        ticks=[(_y(tick, top), _dollars(tick, ticks[1])) for tick in ticks],
        period={"daily": "day", "weekly": "week", "monthly": "month"}[period],
        is_cut=is_cut,
    )


def _periods(first: date, last: date) -> tuple[str, list[date], bool]:
    """Days, weeks or months, the shortest of which there are at most MOST_BARS; where
    each begins; and whether older months are left out. 100 days are 15 weeks.
    """
    days = (last - first).days + 1
    if days <= MOST_BARS:
        return "daily", [first + timedelta(days=n) for n in range(days)], False
    sunday = first - timedelta(days=first.isoweekday() % 7)
    weeks = (last - sunday).days // 7 + 1
    if weeks <= MOST_BARS:
        return "weekly", [sunday + timedelta(days=7 * n) for n in range(weeks)], False
    end = last.year * 12 + last.month - 1
    months = end - (first.year * 12 + first.month - 1) + 1
    shown = range(end - min(months, MOST_BARS) + 1, end + 1)
    starts = [date(month // 12, month % 12 + 1, 1) for month in shown]
    return "monthly", starts, months > MOST_BARS


def _scale(most: Decimal) -> tuple[Decimal, list[Decimal]]:
    """The top of the axis and its ticks: $66.09 -> $80 with 0, 20, 40, 60, 80."""
    rough = float(most) / 4
    power = Decimal(10) ** floor(log10(rough)) if rough > 0 else Decimal(1)
    step = next((n * power for n in (1, 2, 5) if n * power >= rough), 10 * power)
    count = ceil(most / step)
    return step * count, [step * n for n in range(count + 1)]


def _dollars(tick: Decimal, step: Decimal) -> str:
    """With as many digits as a step needs: $20, $0.50, $0.0002."""
    places = 0 if step % 1 == 0 else max(2, -floor(log10(step)))
    return f"${tick:,.{places}f}"


def _y(value: Decimal, top: Decimal) -> float:
    return round(HEIGHT - FOOT - float(value / top) * (HEIGHT - FOOT - TOP), 2)


def _bar(
    place: int,
    count: int,
    start: date,
    costs: dict[int, Decimal],
    top: Decimal,
    period: str,
) -> Bar:
    room = (WIDTH - 4 - LEFT) / count
    width = max(1.0, min(room * 0.7, 36.0))
    x = LEFT + place * room + (room - width) / 2
    pieces, below = [], Decimal(0)
    for colour in sorted(costs, key=lambda c: c or COLOURS + 1):
        low, below = below, below + costs[colour]
        y = _y(below, top)
        height = max(_y(low, top) - y, 0.0)
        pieces.append(Piece(round(x, 2), y, round(width, 2), round(height, 2), colour))
    every = max(1, -(-count // 8))
    is_month = period == "monthly"
    name = f"{start:%b} {start.year}" if is_month else f"{start:%b} {start.day}"
    label = name if place % every == 0 else ""
    is_second = place // every % 2 == 1
    hint = f"{name if is_month else f'{start:%a} {name}'}: ${below:,.2f}"
    return Bar(start, below, pieces, hint, round(x + width / 2, 2), label, is_second)


def days_of(cells: Sequence[Cell]) -> tuple[date, date] | None:
    """The first and the last day with a request."""
    hours = [cell.hour for cell in cells]
    return (min(hours).date(), max(hours).date()) if hours else None
