"""Budgets of a month in US dollars: alert rules of the kind "spend", and the cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from tracker.domain.spend.cells import Cell
from tracker.domain.spend.forecast import month_forecast
from tracker.domain.spend.tables import periods
from tracker.models import AlertRule, Project
from tracker.reading.spend.resting import spend_until_now


@dataclass(frozen=True, slots=True)
class MonthBudget:
    """A rule, what its project spent in the month of `month` (its first day), and the
    forecast for the whole month, in US dollars. A rule for some models counts only
    their cost.
    """

    rule: AlertRule
    month: date
    limit: Decimal
    spent: Decimal
    forecast: Decimal

    @property
    def is_passed(self) -> bool:
        return self.spent >= self.limit

    @property
    def will_pass(self) -> bool:
        return self.forecast >= self.limit


def month_budgets(
    now: datetime, projects: Iterable[Project] | None = None
) -> list[MonthBudget]:
    """Of the rules that are on, by project and name; None means of all projects. The
    cost is summed once for each project with such a rule.
    """
    rules = AlertRule.objects.filter(kind="spend", is_on=True, number__gt=0)
    if projects is not None:
        rules = rules.filter(project__in=list(projects))
    now = now.astimezone(UTC)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    cells: dict[int, list[Cell]] = {}
    found = []
    for rule in rules.select_related("project").order_by("project__slug", "name", "pk"):
        if rule.project_id not in cells:
            cells[rule.project_id] = spend_until_now([rule.project], start, now).cells
        found.append(_budget(rule, cells[rule.project_id], start, now))
    return found


def _budget(
    rule: AlertRule, cells: list[Cell], start: datetime, now: datetime
) -> MonthBudget:
    pattern = rule.model_pattern.lower() or "*"
    wanted = [cell for cell in cells if fnmatchcase(cell.model.lower(), pattern)]
    costs = {row.key: row.cost for row in periods(wanted, "daily")}
    return MonthBudget(
        rule=rule,
        month=start.date(),
        limit=Decimal(str(rule.number)),
        spent=sum(costs.values(), Decimal(0)),
        forecast=month_forecast(costs, now),
    )
