"""Writes the newest plan limits that reports have told. Call in their transaction."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.domain.plan_limits import PlanLimit
from tracker.ingest.rows.sql import db_time, run_many
from tracker.models import PlanLimitState

# Of one project. A key may name any client and window: each would be a row for ever,
# which pages and /metrics read.
MOST = 16
_TABLE = PlanLimitState._meta.db_table
_UPSERT = (
    f"INSERT INTO {_TABLE} (project_id, client, minutes, used_ratio, resets_at, at) "  # noqa: S608 - a table name of ours
    "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (project_id, client, minutes) "
    "DO UPDATE SET used_ratio = excluded.used_ratio, resets_at = excluded.resets_at, "
    f"at = excluded.at WHERE excluded.at >= {_TABLE}.at"
)


def write_plan_limits(told: Iterable[tuple[int, PlanLimit]]) -> None:
    """`told` are projects with a limit each. In the order of their keys: two processes
    that write the same rows in another order would wait for each other for ever.
    """
    newest: dict[tuple[int, str, int], PlanLimit] = {}
    for project_id, limit in told:
        key = (project_id, limit.client, limit.minutes)
        if key not in newest or newest[key].at <= limit.at:
            newest[key] = limit
    run_many(
        _UPSERT,
        [
            (*key, limit.used_ratio, db_time(limit.resets_at), db_time(limit.at))
            for key, limit in sorted(newest.items(), key=lambda item: item[0])
        ],
    )
    for project_id in sorted({key[0] for key in newest}):
        _keep_newest(project_id)


def _keep_newest(project_id: int) -> None:
    rows = PlanLimitState.objects.filter(project=project_id)
    newest_first = rows.order_by("-at", "-pk").values_list("pk", flat=True)
    more = list(newest_first[MOST : MOST + 1_000])
    if more:
        rows.filter(pk__in=more).delete()
