"""Rules that wait for a month's cost to pass a number of dollars."""

from __future__ import annotations

from datetime import date, datetime

from tracker.models import AlertDelivery
from tracker.reading.spend.month_budgets import MonthBudget, month_budgets


def note_spending(now: datetime) -> int:
    """Put out one message per rule and month; how many."""
    rows = [_row(budget, now) for budget in month_budgets(now) if budget.is_passed]
    known = AlertDelivery.objects.filter(about__in={row.about for row in rows})
    before = set(known.values_list("rule", "about"))
    fresh = [row for row in rows if (row.rule_id, row.about) not in before]
    AlertDelivery.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def about_month(day: date) -> str:
    """Unique for each rule: one month is told once."""
    return f"spend {day:%Y-%m}"


def _row(budget: MonthBudget, now: datetime) -> AlertDelivery:
    rule = budget.rule
    return AlertDelivery(
        project_id=rule.project_id,
        channel_id=rule.channel_id,
        rule=rule,
        about=about_month(budget.month),
        message={
            "kind": "spend",
            "rule": rule.name,
            "title": f"{budget.month:%B} has cost ${budget.spent:,.2f} of "
            f"${budget.limit:,.2f}",
            "text": f"At this pace it will be ${budget.forecast:,.2f} at the end of "
            "the month. List prices, before discounts.",
            "spent_usd": float(budget.spent),
            "budget_usd": float(budget.limit),
            "at": now.isoformat(),
        },
        created_at=now,
        due_at=rule.as_rule().due(now),
        is_gathered=rule.as_rule().is_gathered(is_urgent=False),
    )
