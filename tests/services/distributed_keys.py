"""Gives a schema with old and new rows the keys of docs/distributed.sql, and uses it.

The old rows are those of commit a52e16c's dump: some of its event keys and texts name
no project. `python -m tests.services.distributed_keys` over an empty database prints
what was answered, and which keys and references there are, as one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from tests.migrations.databases import Database
from tests.migrations.upgraded_server import answers
from tests.services.said_statements import said_statements, without_project

SCRIPT = Path(__file__).resolve().parents[2] / "docs/distributed.sql"
KEYS, CITUS = SCRIPT.read_text("utf-8").split("-- Citus from here on.")
DISTRIBUTED = re.findall(r"create_distributed_table\('(\w+)', 'project_id'", CITUS)
REFERENCE = re.findall(r"create_reference_table\('(\w+)'\)", CITUS)


def main() -> None:
    folder, url = os.environ["TOKEN_BUDGET_DATA"], os.environ["DATABASE_URL"]
    Database(Path(folder), url).fill()
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    found: dict[str, Any] = {"without before": without()}
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
    found |= {"keys": keys(), "references": references(), "without": without()}
    found |= {"answers": asyncio.run(answers()), "used": use()}
    found["without later"] = without()
    print(json.dumps(found, default=str))


def rarely_said(project: int, recorder: Any) -> None:
    """Reports for which the writer looks at what is stored: of helpers in any order, of
    a drop that nothing explains, of one compression twice, and of a call taken back.
    """
    from django.utils import timezone

    from tracker.domain.reports import CompressionReport, Parts, UsageReport
    from tracker.ingest.arrivals import Arrival, Replaced

    now = timezone.now()

    def usage(minutes: int, used: int, **fields: Any) -> Any:
        return UsageReport(
            fields.pop("session", "rare"), used, Parts(history=used), source="reported",
            at=now - timedelta(minutes=minutes), **fields,
        )  # fmt: skip

    def record(*reports: Any, **fields: Any) -> None:
        recorder.record([Arrival(project, report, now, **fields) for report in reports])

    for minutes in (9, 7, 8, 6):
        record(usage(minutes, 150_000, model="large"))
        record(usage(minutes, 900, model="small", event_id=f"helper {minutes}"))
    record(usage(5, 190_000, model="large"), usage(4, 20_000, model="large"))
    cut = CompressionReport("rare", 190_000, 20_000, at=now - timedelta(minutes=4))
    for summary in ("", "words"):
        record(replace(cut, event_id="cut", performed_by="client", summary=summary))
    record(usage(3, 21_000, session="named"), replaces=Replaced("rare", "helper 6"))


def keys() -> list[list[Any]]:
    """(table, index, its key columns) of each unique index, the weeks' included."""
    return queried(
        "SELECT coalesce(p.inhparent, i.indrelid)::regclass::text, "
        "i.indexrelid::regclass::text, array_agg(a.attname::text) FROM pg_index i "
        "LEFT JOIN pg_inherits p ON p.inhrelid = i.indrelid JOIN pg_attribute a "
        "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[:i.indnkeyatts - 1]) "
        "WHERE i.indisunique AND i.indrelid::regclass::text LIKE 'tracker%' "
        "GROUP BY 1, 2"
    )


def references() -> list[list[Any]]:
    return queried(
        "SELECT conrelid::regclass::text, confrelid::regclass::text "
        "FROM pg_constraint WHERE contype = 'f'"
    )


def without() -> list[str]:
    """Distributed tables with a row that names no project."""
    return [
        table
        for table in DISTRIBUTED
        if queried(f"SELECT 1 FROM {table} WHERE project_id IS NULL LIMIT 1")
    ]


def queried(sql: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def use() -> dict[str, Any]:
    """Reports of lanes and compressions with their words, a review's edit of both,
    pruning, deleting, and what `verify` says of what is left.
    """
    from django.utils import timezone

    from tests.services.prune_weeks import keep, pruned
    from tracker.changes.access.api_keys import create_project
    from tracker.domain.reports import CompressionReport, Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder
    from tracker.models import Comparison, LLMSession, SessionLane, UsageSample
    from tracker.upkeep.deleting import delete_session
    from tracker.upkeep.key_packing import pack_resting
    from tracker.upkeep.project_deletion import delete_project
    from tracker.upkeep.verifying import verify

    now = timezone.now()
    project = create_project(slug="used")[0]
    recorder = Recorder()

    def usage(session: str, days: int, **fields: Any) -> Any:
        fields = {"source": "reported", "at": now - timedelta(days=days)} | fields
        counted = Parts(history=fields.pop("counted", 900))
        return UsageReport(
            session, 190_000, Parts(history=190_000), counted=counted, model="m",
            counter="characters / 3.5", **fields,
        )  # fmt: skip

    cut = CompressionReport(
        "kept", 190_000, 9, event_id="c", at=now, summary="words", performed_by="client"
    )
    reports = [
        usage("old", 40), usage("old", 39, lane="helper"), usage("kept", 40),
        usage("kept", 1), usage("kept", 1, lane="helper", event_id="twice"),
        usage("kept", 0, lane="helper"), cut, usage("deleted", 0, lane="helper"),
    ]  # fmt: skip
    with said_statements() as said:
        for report in reports:
            recorder.record([Arrival(project.pk, report, now)])
        again = recorder.record([Arrival(project.pk, reports[4], now)])[0]
        rarely_said(project.pk, recorder)
        other = create_project(slug="other")[0]
        two = usage("two", 0)
        recorder.record([Arrival(of.pk, two, now) for of in (other, project)])
    for session in LLMSession.objects.filter(key__in=("rare", "named", "two")):
        delete_session(session)
    found: dict[str, Any] = {
        "is repeat": again.is_duplicate,
        "lanes": [lane.sample_count for lane in SessionLane.objects.order_by("pk")],
        "comparisons": Comparison.objects.count(),
        "said": without_project(said, DISTRIBUTED),
        "count": len(set(said)),
    }
    keep(project, 14)
    for other in LLMSession.objects.exclude(project=project).distinct("project"):
        keep(other.project, 14)
    doomed = create_project(slug="doomed")[0]
    keep(doomed, 14)
    recorder.record([Arrival(doomed.pk, reports[3], now)])
    with said_statements() as said:
        found["packed"] = pack_resting(now, pause=lambda _: None)
        # A session that went on is packed into the rows that it has.
        later = usage("old", 38)
        recorder.record([Arrival(project.pk, later, now)])
        found["packed"] += pack_resting(now, pause=lambda _: None)
        found["pruned"] = pruned()
        delete_session(LLMSession.objects.get(key="deleted"))
        delete_project(doomed)
    locks = [sql for sql in said if "FOR UPDATE" in sql]
    found["locks"] = [len(locks), without_project(locks, DISTRIBUTED)]
    found["sessions"] = sorted(project.sessions.values_list("key", flat=True))
    found["samples"] = UsageSample.objects.filter(project=project).count()
    found["wrong"] = [str(difference) for difference in verify()]
    return found


if __name__ == "__main__":
    main()
