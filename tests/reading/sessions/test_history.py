from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.default_policy import make_default_policy
from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.models import LLMSession, Project
from tracker.models.settings.policies import load_policy_book
from tracker.reading.sessions.history import forecast_for, recent_observations

START = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def session(db: None) -> LLMSession:
    """Thirty turns of 1,000 tokens, one a minute."""
    make_default_policy()
    project = Project.objects.create(slug="p", name="P")
    record(project, [usage(100_000 + 1_000 * turn, turn) for turn in range(30)])
    return LLMSession.objects.get()


def usage(used: int, minute: float, **more: Any) -> UsageReport:
    return UsageReport(
        session="s",
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        at=START + timedelta(minutes=minute),
        **more,
    )


def record(project: Project, reports: list[Any]) -> None:
    received = START + timedelta(days=1)
    Recorder().record([Arrival(project.pk, report, received) for report in reports])


def told(session: LLMSession) -> Any:
    session.refresh_from_db()
    effective = load_policy_book().policy_for(session.project_id, "", session.pk)
    return forecast_for(session, effective)


def test_the_runway_of_a_steady_session(session: LLMSession):
    runway = told(session)

    assert (runway.silent, runway.steps, runway.pace_whole) == ("", 29, 1_000)
    assert (runway.next.level, runway.next.tokens_left) == ("warning", 27_800)
    assert round(runway.next.minutes) == 28


def test_observations_come_oldest_first_without_lanes_and_late_ones(
    session: LLMSession,
):
    record(session.project, [usage(9, 40, lane="agent"), usage(7, 3.5)])

    found = recent_observations(session, 5)

    assert [m.used_tokens for m in found] == [125_000 + 1_000 * i for i in range(5)]
    assert found[0].parts == Parts(history=125_000)


def test_a_compression_begins_the_runway_anew(session: LLMSession):
    compression = CompressionReport(
        session="s",
        before_tokens=129_000,
        after_tokens=120_000,
        at=START + timedelta(minutes=29, seconds=30),
        sets_gauge=True,
    )
    record(session.project, [compression, usage(121_000, 30), usage(122_000, 31)])

    assert (told(session).silent, told(session).steps) == ("history", 1)


def test_a_sub_agents_compression_does_not(session: LLMSession):
    at = START + timedelta(minutes=50)
    report = CompressionReport(
        session="s", before_tokens=9, after_tokens=3, at=at, lane="agent"
    )
    record(session.project, [report])

    assert told(session).silent == ""


def test_a_policy_that_does_not_fit_the_window_is_silent(session: LLMSession):
    LLMSession.objects.update(window_tokens=3_000)

    assert told(session).silent == "window"
