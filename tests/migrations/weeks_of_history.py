"""Fills the schema before the weeks with samples of many times, migrates it forward,
back and forward again, and says where the rows are each time, as one JSON object.

`python -m tests.migrations.weeks_of_history` over the PostgreSQL of the environment.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import django

BEFORE, AFTER = "0012_fill_hourly_rollups", "0013_partition_samples_by_week"
DAYS_AGO = (0, 1, 8, 16, 60, 61, 900)
FAR = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
OLD = datetime(1970, 1, 1, tzinfo=UTC)


def main() -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    def migrate(name: str) -> Any:
        call_command("migrate", "tracker", name, verbosity=0)
        executor = MigrationExecutor(connection)
        return executor.loader.project_state([("tracker", name)]).apps

    now = datetime.now(UTC)
    fill(migrate(BEFORE), now)
    found: dict[str, Any] = {"now": now.isoformat(), "plain": rows()}
    migrate(AFTER)
    found["weeks"] = rows()
    migrate(BEFORE)
    found["joined"] = rows()
    migrate(AFTER)
    call_command("migrate", verbosity=0)
    found["again"] = rows()
    print(json.dumps(found))


def fill(apps: Any, now: datetime) -> None:
    project = apps.get_model("tracker", "Project").objects.create(slug="p", name="P")
    session = apps.get_model("tracker", "LLMSession").objects.create(
        project=project, key="s", created_at=now
    )
    times = [OLD, FAR, *(now - timedelta(days=days) for days in DAYS_AGO)]
    for number, at in enumerate(times):
        add(apps, project.pk, session.pk, at, f"e{number}")


def add(apps: Any, project: int, session: int, at: datetime, event_id: str) -> int:
    numbers = dict.fromkeys(
        (f"{n}_tokens" for n in ("system", "user_context", "tools", "unattributed")), 0
    )
    row = apps.get_model("tracker", "UsageSample").objects.create(
        project_id=project, session_id=session, at=at, event_id=event_id,
        used_tokens=7, history_tokens=7, window_tokens=200_000, level="ok",
        available_tokens=196_000, source="counted", origin="api",
        window_source="default", **numbers,
    )  # fmt: skip
    return int(row.pk)


def rows() -> dict[str, Any]:
    """What is where, which indices there are, and the id of a row made now."""
    from django.apps import apps
    from django.db import connection

    from tracker.models import LLMSession, UsageSample

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text, id, at::text, event_id "
            "FROM tracker_usagesample ORDER BY id"
        )
        found = cursor.fetchall()
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'tracker_usagesample'"
        )
        indices = sorted(definition for (definition,) in cursor.fetchall())
    session = LLMSession.objects.get()
    made = add(apps, session.project_id, session.pk, datetime.now(UTC), "new")
    UsageSample.objects.filter(session=session, event_id="new").delete()
    return {"rows": found, "indices": indices, "made": made}


if __name__ == "__main__":
    main()
