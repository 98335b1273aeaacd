"""Cells add up to the rows of each table."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tracker.domain.providers.pricing import PriceList, Prices
from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.domain.spend.cells import Cell, priced
from tracker.domain.spend.tables import (
    blocks,
    by_cost,
    period_start,
    periods,
    total_of,
)

OPUS = PriceList(
    Prices(Decimal(5), Decimal(25), Decimal("0.5"), Decimal("6.25"), Decimal(10))
)


def cell(hour: str, *, session: int = 1, prices: PriceList | None = OPUS) -> Cell:
    """1,000 fresh, 8,000 read and 1,000 written for an hour; 100 of output."""
    usage = ReportedUsage(
        input_tokens=10_000,
        output_tokens=100,
        cache_read_tokens=8_000,
        cache_creation_tokens=1_000,
        semantics="sums",
        cache_hour_tokens=1_000,
    )
    at = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    return priced(at, session, "opus", 2, 1, usage, prices)


def test_a_cell_says_what_the_cache_saved_and_cost() -> None:
    one = cell("2026-11-26 14:00")

    assert one.fresh_tokens == 1_000
    assert one.cost == Decimal("0.0215")  # .005 + .0025 + .004 + .01
    assert one.caching.read == Decimal("0.036")
    assert one.caching.write == Decimal("0.005")
    assert one.caching.net == Decimal("0.031")


def test_without_a_price_tokens_count_and_money_does_not() -> None:
    row = total_of([cell("2026-11-26 14:00"), cell("2026-11-26 15:00", prices=None)])

    assert (row.total, row.cost) == (20_200, Decimal("0.0215"))
    assert (row.requests, row.unpriced) == (4, 3)


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("daily", date(2026, 11, 26)),
        ("weekly", date(2026, 11, 22)),
        ("monthly", date(2026, 11, 1)),
    ],
)
def test_a_week_begins_on_sunday(period: str, start: date) -> None:
    assert period_start(datetime(2026, 11, 26, 23, tzinfo=UTC), period) == start
    assert period_start(datetime(2026, 11, 22, tzinfo=UTC), "weekly") == date(
        2026, 11, 22
    )


def test_days_come_newest_first_and_sessions_by_cost() -> None:
    cells = [
        cell("2026-11-25 10:00"),
        cell("2026-11-26 10:00", session=2),
        cell("2026-11-26 11:00", session=2),
    ]

    days = periods(cells, "daily")

    assert [(row.key, row.requests) for row in days] == [
        (date(2026, 11, 26), 4),
        (date(2026, 11, 25), 2),
    ]
    assert [row.key for row in by_cost(cells, lambda c: c.session_id)] == [2, 1]


def test_a_block_lasts_five_hours_from_its_first_request() -> None:
    cells = [cell(f"2026-11-26 {hour}:00") for hour in ("14", "09", "13", "23")]

    found = blocks(cells)

    assert [(row.key.hour, row.requests) for row in found] == [
        (23, 2),
        (14, 2),
        (9, 4),
    ]
