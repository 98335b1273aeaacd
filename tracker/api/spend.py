"""GET /spend: what the project cost by day, week, month, session or block."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from tracker.api import queries
from tracker.api.endpoint import endpoint
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.spend import SpendRow, SpendTable
from tracker.domain.spend.tables import TABLES, total_of
from tracker.models import Project
from tracker.reading.spend.cells import rows_of, spend_of
from tracker.reading.spend.days import spend_by_day
from tracker.reading.spend.remembered import present_version, sums
from tracker.reading.spend.resting import spend_until_now


@endpoint(GET="read")
def spend(request: HttpRequest, grant: KeyGrant) -> SpendTable:
    """Without `since` from the beginning. The rows are the newest, or the dearest
    sessions.
    """
    queries.check_names(request, "table", "since", "until", "limit")
    table = queries.choice(request, "table", TABLES, default="daily")
    limit = queries.integer(request, "limit", default=queries.MOST)
    since = queries.time(request, "since")
    until = queries.time(request, "until")
    question = "api", grant.project_id, table, limit, since, until
    return sums.of(
        question,
        present_version(),
        lambda: _table(grant.project_id, table, limit, since, until),
    )


def _table(
    project_id: int,
    table: str,
    limit: int,
    since: datetime | None,
    until: datetime | None,
) -> SpendTable:
    projects = list(Project.objects.filter(pk=project_id))
    is_hourly = table == "blocks"
    if table == "session":
        found = spend_of(projects, since, until or timezone.now())
    elif until is None:
        found = spend_until_now(projects, since, timezone.now(), hourly=is_hourly)
    else:
        found = spend_by_day(projects, since, until, hourly=is_hourly)
    rows = rows_of(found, table)
    named = found if table == "session" else None
    return SpendTable(
        results=[SpendRow.of(row, named) for row in rows[:limit]],
        total=SpendRow.of(total_of(found.cells)),
        row_count=len(rows),
        prices_as_of=found.as_of,
    )
