"""What a month will have cost at its end."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

_LOOKS_BACK = 7


def month_forecast(costs: Mapping[date, Decimal], now: datetime) -> Decimal:
    """The month's cost so far, and for each day left the mean of the last seven days,
    today excluded, as it is not over. US dollars.

    $600 until the 26th at noon, $70 in the seven days before: four days and a half are
    left, which makes $645. Without seven days of history the days there are count.
    """
    today = now.date()
    start = today.replace(day=1)
    spent = sum((c for day, c in costs.items() if start <= day <= today), Decimal(0))
    known = [day for day in costs if day < today]
    days = min(_LOOKS_BACK, (today - min(known)).days) if known else 0
    if not days:
        return spent
    since = today - timedelta(days=days)
    recent = sum((c for day, c in costs.items() if since <= day < today), Decimal(0))
    last = calendar.monthrange(today.year, today.month)[1]
    day_gone = Decimal(now.hour * 60 + now.minute) / (24 * 60)
    left = Decimal(last - today.day + 1) - day_gone
    return spent + recent / days * left
