"""What correcting costs: queries, and what is remembered."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.ingest.judging.reported_text import Door, reported, text
from tracker.domain.reports import Parts, UsageReport


def test_reports_without_text_cost_no_query(door: Door) -> None:
    def plain(used: int, source: str) -> UsageReport:
        return UsageReport(
            session="plain", used_tokens=used, parts=Parts(history=used), source=source
        )

    door(plain(1_000, "counted"))
    with CaptureQueriesContext(connection) as queries:
        door(plain(2_000, "counted"), plain(3_000, "reported"))

    tables = ("tracker_comparison", "tracker_learntcalibration")
    assert not any(name in q["sql"] for q in queries for name in tables)


def test_a_group_s_sessions_are_read_in_one_query(door: Door, project: Any) -> None:
    sessions = [f"s{number}" for number in range(20)]
    door(*(reported(1_000, 21_000, session=name) for name in sessions))
    restarted = Door(project)
    restarted.minutes = 10

    with CaptureQueriesContext(connection) as queries:
        answers = restarted(*(text(1_100, session=name) for name in sessions))

    assert {a.budget.used_tokens for a in answers} == {21_100}
    reads = [q for q in queries if '"tracker_comparison"' in q["sql"]]
    assert len(reads) == 1


def test_what_is_remembered_of_lanes_is_bounded(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.judging import calibrating

    monkeypatch.setattr(calibrating, "CACHED_LANES", 1)
    door(reported(1_000, 21_000), reported(1_000, 31_000, session="other"))

    assert not door.recorder._calibrating._lanes
    first, second = door(text(1_100), text(1_100, session="other"))
    assert (first.budget.used_tokens, second.budget.used_tokens) == (21_100, 31_100)
