"""What a month will have cost at its end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.domain.spend.forecast import month_forecast

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_the_mean_of_the_last_seven_days_goes_on() -> None:
    costs = {date(2026, 11, day): Decimal(10) for day in range(19, 26)}
    costs[date(2026, 11, 1)] = Decimal(530)

    assert month_forecast(costs, NOON) == Decimal(645)


def test_what_today_cost_counts_and_foretells_nothing() -> None:
    today = {date(2026, 11, 26): Decimal(99)}

    assert month_forecast(today, NOON) == Decimal(99)
    yesterday = today | {date(2026, 11, 25): Decimal(2)}
    assert month_forecast(yesterday, NOON) == Decimal(110)


def test_a_month_before_counts_for_the_pace_alone() -> None:
    costs = {date(2026, 10, 31): Decimal(70)}

    assert month_forecast(costs, datetime(2026, 11, 1, tzinfo=UTC)) == Decimal(2100)
