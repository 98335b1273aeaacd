"""Records reports as a role of PostgreSQL that sees only the rows of one project.

`python -m tests.services.row_level` over a migrated database prints what is stored
then, as one JSON object.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg

from tests.services.said_statements import said_statements

ROLE = "one_project_writer"
SETTING = "token_budget.project"
# Every table with a project; of those where it may be empty, such rows are everybody's.
POLICIES = f"""
CREATE ROLE {ROLE} LOGIN;
GRANT USAGE ON SCHEMA public TO {ROLE};
GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE};
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
DO $$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT c.oid::regclass AS held, a.attname AS name, a.attnotnull AS is_set
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND (a.attname = 'project_id' AND c.relname LIKE 'tracker%'
            OR a.attname = 'id' AND c.relname = 'tracker_project')
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', found.held);
    EXECUTE format(
      'CREATE POLICY of_one_project ON %s USING (%I = current_setting(%L)::bigint%s)',
      found.held, found.name, '{SETTING}',
      CASE WHEN found.is_set OR found.held = 'tracker_eventkey'::regclass THEN ''
           ELSE format(' OR %I IS NULL', found.name) END);
  END LOOP;
END $$;
"""


def main() -> None:
    url = urlsplit(os.environ["DATABASE_URL"])
    os.environ["DATABASE_URL"] = url._replace(
        netloc=f"{ROLE}:@{url.netloc.rpartition('@')[2]}"
    ).geturl()
    with psycopg.connect(url.geturl(), autocommit=True) as administrator:
        run = administrator.execute
        projects = [
            pk
            for slug in ("one", "two", "three")
            for (pk,) in run(
                "INSERT INTO tracker_project (slug, name, keep_messages, "
                "redaction_patterns, created_at, last_seq, ok_count, warning_count, "
                "compress_count, critical_count, exceeded_count) VALUES "
                "(%s, %s, 'yes', '', now(), 0, 0, 0, 0, 0, 0) RETURNING id", [slug] * 2,
            )
        ]  # fmt: skip
        run(POLICIES)
        print(json.dumps(_recorded(projects, administrator), default=str))


def _recorded(projects: list[int], administrator: Any) -> dict[str, Any]:
    django.setup()
    from django.db import DatabaseError, connection

    from tracker.ingest.judging.record import Recorder
    from tracker.models import EventKey, LLMSession, PackedKeys, UsageSample
    from tracker.upkeep.verifying import verify

    def become(project: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, str(project)])

    def seen() -> dict[str, int]:
        models = LLMSession, UsageSample, EventKey, PackedKeys
        return {model.__name__: model.objects.count() for model in models}

    found: dict[str, Any] = {"seen": [], "repeats": [], "wrong": [], "said": 0}
    one, two, three = projects
    for project in (one, two):
        become(project)
        with said_statements() as said:
            found["repeats"].append(_all_kinds(project, Recorder()))
        found["said"] = len(set(said))
        found["seen"].append(seen())
        found["wrong"] += [str(difference) for difference in verify()]
    become(three)
    found["seen"].append(seen())
    try:
        _all_kinds(one, Recorder())
    except DatabaseError as error:
        found["refused"] = str(error)
    found["stored"] = [
        administrator.execute(
            "SELECT (SELECT count(*) FROM tracker_llmsession WHERE project_id = p), "
            "(SELECT count(*) FROM tracker_usagesample WHERE project_id = p), "
            "(SELECT count(*) FROM tracker_eventkey WHERE project_id = p), "
            "(SELECT count(*) FROM tracker_packedkeys WHERE project_id = p) "
            "FROM (SELECT %s::bigint AS p) given", [project],
        ).fetchone()
        for project in projects
    ]  # fmt: skip
    connection.close()
    return found


def _all_kinds(project: int, recorder: Any) -> list[bool]:
    """Usage, lanes, compressions with words, repeats of rows and of packed keys, and
    what `rarely_said` adds. Answers which of the repeats were known.
    """
    from django.utils import timezone

    from tests.services.distributed_keys import rarely_said
    from tracker.domain.reports import CompressionReport, Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.upkeep.key_packing import pack_resting

    now = timezone.now()

    def usage(session: str, days: int, **fields: Any) -> Any:
        return UsageReport(
            session, 190_000, Parts(history=190_000), source="reported", model="m",
            at=now - timedelta(days=days), counted=Parts(history=900),
            counter="characters / 3.5", **fields,
        )  # fmt: skip

    cut = CompressionReport(
        "kept", 190_000, 9, event_id="c", at=now, summary="words", performed_by="client"
    )
    rests = usage("rests", 9, event_id="packed")
    reports = [
        rests, usage("kept", 1), usage("kept", 1, lane="helper", event_id="twice"),
        usage("kept", 0, lane="helper"), cut,
    ]  # fmt: skip
    for report in reports:
        recorder.record([Arrival(project, report, now)])
    pack_resting(now, pause=lambda _: None)
    again = recorder.record([Arrival(project, r, now) for r in (reports[2], rests)])
    rarely_said(project, recorder)
    return [answer.is_duplicate for answer in again]


if __name__ == "__main__":
    main()
