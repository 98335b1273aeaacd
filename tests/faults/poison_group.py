"""Records a group with reports that PostgreSQL cannot hold; prints what became of it.

`python -m tests.faults.poison_group` over the database of the environment.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import django

# None of these comes through the API: what is taken for granted there is not here.
POISON: dict[int, dict[str, Any]] = {
    3: {"used_tokens": 2**63},
    8: {"title": "NUL \0 inside"},
    9: {"model": "half an emoji \ud83d"},
    17: {"lane": "x" * 300},
}
REPORTS = 20


def main() -> None:
    django.setup()
    from tracker.changes.access.api_keys import create_project
    from tracker.ingest.arrivals import Rejection
    from tracker.ingest.door.writer import Writer
    from tracker.models import UsageSample
    from tracker.upkeep.verifying import verify

    project = create_project(slug="poison")[0]
    writer = Writer(capacity=1_000)
    writer.start()

    async def record() -> Any:
        groups = [[arrival(project.pk, n)] for n in range(REPORTS)]
        one_by_one = await asyncio.gather(*(writer.record(group) for group in groups))
        again = [arrival(project.pk, n, prefix="batch") for n in range(REPORTS)]
        return [answers[0] for answers in one_by_one], await writer.record(again)

    tickets, batch = asyncio.run(record())
    writer.stop()
    rows = UsageSample.objects.filter(project=project)
    print(
        json.dumps(
            {
                "tickets": statuses(tickets, Rejection),
                "batch": statuses(batch, Rejection),
                "stored": sorted(rows.values_list("event_id", flat=True)),
                "differences": [str(d) for d in verify()],
            }
        )
    )


def statuses(answers: Any, rejection: type) -> dict[int, int]:
    return {n: a.status for n, a in enumerate(answers) if isinstance(a, rejection)}


def arrival(project_id: int, number: int, *, prefix: str = "e") -> Any:
    from tracker.domain.reports import Parts, UsageReport
    from tracker.ingest.arrivals import Arrival

    more = dict(POISON.get(number, {}))
    used = more.pop("used_tokens", number)
    report = UsageReport(
        session=f"s{number % 3}",
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        event_id=f"{prefix}{number:02}",
        **more,
    )
    return Arrival(project_id, report, datetime.now(UTC))


if __name__ == "__main__":
    main()
