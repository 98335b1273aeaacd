"""Four processes on one PostgreSQL: reports of one session arrive everywhere at once,
twice, and out of order; state, events, seq and idempotency stay exact.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.services.record_shuffled import REPORTS, SESSIONS
from tests.services.services import ROOT, Services

PROCESSES = 4
pytestmark = pytest.mark.services
CREATE = (
    "import django; django.setup(); "
    "from tracker.changes.access.api_keys import create_project as c; "
    "print(c(slug='{slug}')[0].pk)"
)


@pytest.fixture(scope="module")
def left(cluster: Services) -> dict[str, Any]:
    """What they have left behind, and what each accepted."""
    project = cluster.run("-c", CREATE.format(slug="shuffled")).strip()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.services.record_shuffled", project, str(n)],
            cwd=ROOT,
            env=cluster.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(PROCESSES)
    ]
    try:
        for process in processes:
            assert process.stdout and process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        accepted = [
            json.loads(process.communicate(timeout=120)[0])["accepted"]
            for process in processes
        ]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    found = cluster.run("-m", "tests.services.check_cluster", project)
    return {**json.loads(found), "accepted": accepted}


def test_each_report_is_stored_once_and_accepted_by_one_process(left: Any) -> None:
    assert left["samples"] == left["event_ids"] == left["keys"] == REPORTS
    assert sum(left["accepted"]) == REPORTS
    assert min(left["accepted"]) > 0
    assert left["packed"] > 0  # meanwhile, by one of them


def test_every_session_shows_its_newest_sample(left: Any) -> None:
    assert len(left["sessions"]) == SESSIONS
    for session in left["sessions"].values():
        assert session["used_tokens"] == session["newest"]
        assert session["sample_count"] == session["samples"]


def test_some_reports_were_late(left: Any) -> None:
    assert sum(session["late"] for session in left["sessions"].values()) > 0


def test_seqs_have_no_gap_and_no_twin(left: Any) -> None:
    assert left["seqs"] == list(range(1, left["last_seq"] + 1))


def test_the_events_of_a_session_follow_from_each_other(left: Any) -> None:
    for session in left["sessions"].values():
        steps = session["steps"]
        assert len(steps) == session["event_count"] > 1
        assert steps[0][0] == "ok"
        assert steps[-1][1] == session["event_level"]
        for before, after in zip(steps, steps[1:], strict=False):
            assert before[1] == after[0]


def test_kept_counts_equal_the_rows(left: Any) -> None:
    kept = {level: n for level, n in left["kept_levels"].items() if n}
    assert kept == left["levels"]
    assert left["rolled_up"] == REPORTS
    assert left["rolled_up_events"] == left["last_seq"]


def test_spend_falls_into_the_hours_of_the_samples(left: Any) -> None:
    """The hour of a time is cut out of SQLite's text, and asked of PostgreSQL."""
    assert left["hours_of_spend"] == left["hours"]
    days: dict[str, int] = {}
    for hour, count in left["hours"].items():
        days[hour[:10]] = days.get(hour[:10], 0) + count
    assert left["days_of_spend"] == days
    assert sum(left["hours"].values()) == REPORTS
