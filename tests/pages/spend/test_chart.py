"""Bars of cost: where they stand, and how they are split."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.domain.spend.cells import Cell
from tracker.pages.spend.chart import COLOURS, MOST_BARS, chart_of
from tracker.reading.spend.cells import Spend

NOTHING = ReportedUsage(0, 0, 0, 0, "sums")


def spend(*costs: tuple[int, str, int]) -> Spend:
    """(day of November, model, dollars)"""
    cells = [
        Cell(
            datetime(2026, 11, day, 9, tzinfo=UTC), 1, model, 1, 1, NOTHING, Decimal(d)
        )
        for day, model, d in costs
    ]
    return Spend(cells, {}, "")


def test_a_day_without_cost_has_an_empty_place() -> None:
    found = spend((1, "a", 30), (3, "a", 10), (3, "b", 60))

    chart = chart_of(found, "model", date(2026, 11, 1), date(2026, 11, 4))

    assert chart is not None
    assert [bar.cost for bar in chart.bars] == [30, 0, 70, 0]
    assert [value for _, value in chart.ticks] == [
        "$0", "$20", "$40", "$60", "$80",
    ]  # fmt: skip
    assert [(each.name, each.cost) for each in chart.legend] == [("b", 60), ("a", 40)]
    lower, upper = chart.bars[2].pieces
    assert (lower.colour, upper.colour) == (1, 2)
    assert lower.y + lower.height == chart.bottom
    assert abs(upper.y + upper.height - lower.y) < 0.02
    assert chart.bars[2].hint == "Tue Nov 3: $70.00"


def test_the_dearest_have_a_colour_and_the_rest_is_one() -> None:
    found = spend(*((2, f"m{n}", 10 - n) for n in range(COLOURS + 2)))

    chart = chart_of(found, "model", date(2026, 11, 2), date(2026, 11, 2))

    assert chart is not None
    assert chart.legend[-1].name == "2 others"
    assert chart.legend[-1].cost == Decimal(6 + 5)
    assert chart.bars[0].pieces[-1].colour == 0


def test_months_are_drawn_by_week() -> None:
    found = spend((2, "a", 1))

    chart = chart_of(found, "model", date(2026, 8, 26), date(2026, 11, 26))

    assert chart is not None and chart.period == "week"
    assert chart.bars[0].start == date(2026, 8, 23)
    assert sum(bar.cost for bar in chart.bars) == 1


def test_years_are_drawn_by_month_and_no_more_than_fit() -> None:
    found = spend((2, "a", 1))

    years = chart_of(found, "model", date(2024, 8, 26), date(2026, 11, 26))
    many = chart_of(found, "model", date(1970, 1, 1), date(2026, 11, 26))
    gone = chart_of(found, "model", date(2026, 11, 1), date(2099, 1, 1))

    assert years is not None and years.period == "month" and not years.is_cut
    assert years.bars[0].start == date(2024, 8, 1) and len(years.bars) == 28
    assert years.bars[-1].hint == "Nov 2026: $1.00"
    assert many is not None and many.is_cut and len(many.bars) == MOST_BARS
    assert many.bars[-1].start == date(2026, 11, 1) and many.bars[-1].cost == 1
    assert gone is None


def test_without_cost_there_is_no_chart() -> None:
    assert chart_of(spend(), "model", date(2026, 11, 1), date(2026, 11, 2)) is None
