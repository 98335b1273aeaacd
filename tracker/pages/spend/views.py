"""What sessions cost: per day, by whom, in tables, and what the cache saved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.spend.forecast import month_forecast
from tracker.domain.spend.tables import BLOCK, TABLES, Row, by_cost, grouped, total_of
from tracker.models import Project
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import one_of
from tracker.pages.spend.chart import chart_of, days_of
from tracker.reading.csv_text import csv_text
from tracker.reading.spend.cells import (
    BY,
    Spend,
    money_saved_by_compressions,
    rows_of,
)
from tracker.reading.spend.dearest import dearest_until_now
from tracker.reading.spend.month_budgets import MonthBudget, month_budgets
from tracker.reading.spend.remembered import present_version, sums
from tracker.reading.spend.resting import spend_until_now

PERIODS = {"7d": "7 days", "month": "This month", "90d": "90 days", "all": "All"}
TABLE_WORDS = {
    "daily": "Daily", "weekly": "Weekly", "monthly": "Monthly", "session": "Sessions",
    "blocks": "Blocks of 5 h",
}  # fmt: skip
BY_WORDS = {
    "model": "Model", "repository": "Repository", "branch": "Branch",
    "client": "Client", "team": "Team", "user": "User", "project": "Project",
}  # fmt: skip
TABLE_ROWS, GROUP_ROWS = 60, 8
CSV_HEAD = (
    "day", *BY, "requests", "input_tokens", "output_tokens", "cache_creation_tokens",
    "cache_read_tokens", "cost_usd", "unpriced_requests",
)  # fmt: skip
MODELS = 3  # named in a row; the others are counted


@require_GET
@login_required
def spend(request: HttpRequest) -> HttpResponse:
    now = timezone.now().astimezone(UTC)
    projects = chosen_projects(request)
    table = one_of(request.GET, "table", TABLES) or "daily"
    by = one_of(request.GET, "by", BY) or "model"
    asked = one_of(request.GET, "period", PERIODS)
    question = "page", tuple(each.pk for each in projects), asked, table, by
    shown = sums.of(
        question,
        present_version(),
        lambda: _figures(projects, asked, table, by, now),
    )
    context = shown | {
        "periods": PERIODS.items(),
        "table": table,
        "tables": TABLE_WORDS.items(),
        "by": by,
        "by_words": BY_WORDS.items(),
        "now": now,
        "rows": [_with_time_left(row, now) for row in shown["rows"]],
    }
    return render(request, "tracker/spend/spend.html", context)


def _figures(
    projects: Sequence[Project], asked: str | None, table: str, by: str, now: datetime
) -> dict[str, Any]:
    """All that the page adds up."""
    names = ("repository", "client", _third(by), by)
    period, found = _found(projects, asked, now, by=names)
    rows, row_count = _rows(found, table, projects, _since(period, now), now)
    total = total_of(found.cells)
    return {
        "period": period,
        "total": total,
        "caching": abs(total.caching.net),
        "as_of": found.as_of,
        "prices": found.prices,
        "forecast": _forecast(found, now) if period == "month" else None,
        "chart": chart_of(found, by, *_days(found, period, now)),
        "groups": [_group(found, each, total) for each in ("repository", "client")]
        + [_group(found, _third(by), total)],
        "rows": rows,
        "row_count": row_count,
        "budgets": [_shown(each) for each in month_budgets(now, projects)],
        "saved": money_saved_by_compressions(projects, _since(period, now), now),
    }


@require_GET
@login_required
def spend_csv(request: HttpRequest) -> StreamingHttpResponse:
    """A line per day and what it is grouped by (BY), oldest first; sent day by day."""
    asked = one_of(request.GET, "period", PERIODS)
    period, found = _found(chosen_projects(request), asked, timezone.now(), by=BY)
    response = StreamingHttpResponse(_csv(found), content_type="text/csv")
    name = f"spend-{period}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _csv(found: Spend) -> AsyncIterator[str]:
    yield csv_text([CSV_HEAD])
    # The cells come by the hour.
    for day, cells in groupby(found.cells, lambda cell: cell.hour.date()):
        rows = grouped(cells, lambda cell: tuple(found.name_of(cell, by) for by in BY))
        yield csv_text(
            [day.isoformat(), *row.key, row.requests, row.input, row.output,
             row.cache_write, row.cache_read, f"{row.cost:f}", row.unpriced]
            for row in rows
        )  # fmt: skip


def _since(period: str, now: datetime) -> datetime | None:
    """Where the period begins: whole UTC days, today included. None: all."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "month":
        return today.replace(day=1)
    days = {"7d": 6, "90d": 89}.get(period)
    return None if days is None else today - timedelta(days=days)


def _found(
    projects: Sequence[Project], asked: str | None, now: datetime, by: Sequence[str]
) -> tuple[str, Spend]:
    """The period and what was spent in it: the one asked for, else this month, else all
    where this month has nothing, as after an import of old session files.
    """
    period = asked or "month"
    found = spend_until_now(projects, _since(period, now), now, by=by)
    if not found.cells and not asked:
        period, found = "all", spend_until_now(projects, None, now, by=by)
    return period, found


def _rows(
    found: Spend,
    table: str,
    projects: Sequence[Project],
    since: datetime | None,
    now: datetime,
) -> tuple[list[dict[str, Any]], int]:
    """The first rows of a table, and how many there are."""
    if table == "session":
        dearest = dearest_until_now(projects, since, now, TABLE_ROWS)
        found, rows, count = dearest.spend, dearest.rows, dearest.count
    else:
        if table == "blocks":
            found = spend_until_now(projects, since, now, hourly=True)
        rows = rows_of(found, table)
        count = len(rows)
    return [_told(row, table, found) for row in rows[:TABLE_ROWS]], count


def _days(found: Spend, period: str, now: datetime) -> tuple[date, date]:
    since = _since(period, now)
    first, last = days_of(found.cells) or (now.date(), now.date())
    return (since.date(), now.date()) if since else (first, last)


def _forecast(found: Spend, now: datetime) -> Decimal | None:
    """None if the month has too little data for a forecast."""
    costs = {row.key: row.cost for row in rows_of(found, "daily")}
    foreseen = month_forecast(costs, now)
    return foreseen if foreseen > sum(costs.values()) else None


def _third(by: str) -> str:
    return "project" if by == "project" else "model"


def _group(found: Spend, by: str, total: Row) -> dict[str, Any]:
    rows = by_cost(found.cells, lambda cell: found.name_of(cell, by))
    most = rows[0].cost if rows else Decimal(0)
    return {
        "word": BY_WORDS[by].lower(),
        "count": len(rows),
        "more": rows[GROUP_ROWS:],
        "rows": [
            {
                "name": row.key,
                "row": row,
                "width": float(row.cost / most * 100) if most else 0,
                "share": float(row.cost / total.cost) if row.cost else None,
            }
            for row in rows[:GROUP_ROWS]
        ],
    }


def _shown(budget: MonthBudget) -> dict[str, Any]:
    """With the bar's widths, in percent of a scale that holds all of it."""
    forecast = max(budget.forecast - budget.spent, Decimal(0))
    scale = max(budget.limit, budget.spent + forecast) * Decimal("1.04")
    return {
        "budget": budget,
        "spent": f"{budget.spent / scale * 100:.1f}",
        "forecast": f"{forecast / scale * 100:.1f}",
        "limit": f"{budget.limit / scale * 100:.1f}",
        "left": budget.limit - budget.forecast,
        "over": budget.forecast - budget.limit,
    }


def _told(row: Row, table: str, found: Spend) -> dict[str, Any]:
    """The row with what its first column shows."""
    models = sorted(row.models)
    told: dict[str, Any] = {
        "row": row, "models": models[:MODELS], "more_models": len(models[MODELS:]),
    }  # fmt: skip
    if table == "session":
        told |= {"whose": found.sessions[row.key], "id": row.key}
    elif table == "blocks":
        told |= {"start": row.key, "end": row.key + BLOCK}
    else:
        told["day"] = row.key
    return told


def _with_time_left(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A block that goes on says so."""
    return row | {"left": True} if "end" in row and row["end"] > now else row
