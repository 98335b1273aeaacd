"""Rules that wait for a month's cost to pass a number of dollars."""

from __future__ import annotations

from datetime import date, datetime

from tracker.alerts.watching.putting_out import message_of, put_out
from tracker.models import AlertDelivery
from tracker.reading.spend.month_budgets import MonthBudget, month_budgets


def note_spending(now: datetime) -> int:
    """Put out one message per rule and month; how many."""
    return put_out(
        [_row(budget, now) for budget in month_budgets(now) if budget.is_passed]
    )


def about_month(day: date) -> str:
    """The `about` of a month: each rule sends one message for it."""
    return f"spend {day:%Y-%m}"


def _row(budget: MonthBudget, now: datetime) -> AlertDelivery:
    return message_of(
        budget.rule,
        now,
        about=about_month(budget.month),
        title=f"{budget.month:%B} has cost ${budget.spent:,.2f} of "
        f"${budget.limit:,.2f}",
        text=f"At this pace it will be ${budget.forecast:,.2f} at the end of "
        "the month. List prices, before discounts.",
        at=now,
        spent_usd=float(budget.spent),
        budget_usd=float(budget.limit),
    )
