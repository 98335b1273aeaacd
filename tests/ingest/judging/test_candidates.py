"""Which lane a named agent's requests take, in whatever requests they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.ingest.judging.reported_text import START, Door
from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival, Outcome
from tracker.ingest.judging.record import Recorder
from tracker.models import LLMSession, SessionLane, ThresholdEvent, UsageSample


def call(agent: str, used: int) -> UsageReport:
    return UsageReport(
        session="chat", used_tokens=used, parts=Parts(unattributed=used),
        source="reported", model="claude-sonnet-4-5", origin="otlp", agent=agent,
    )  # fmt: skip


def test_the_first_agent_keeps_the_main_lane_and_others_have_their_own(
    door: Door,
) -> None:
    for turn in range(3):
        door(call("planner", 170_000 + turn))
        door(call("reader", 9_000 + turn))

    session = LLMSession.objects.get()
    lane = SessionLane.objects.get()
    assert (session.used_tokens, session.sample_count) == (170_002, 3)
    assert (lane.name, lane.used_tokens, lane.sample_count) == ("reader", 9_002, 3)
    assert ThresholdEvent.objects.count() == 1


def test_a_new_process_remembers_which_agent_was_first(door: Door) -> None:
    door(call("planner", 170_000))
    door(call("reader", 9_000))
    door.recorder = Recorder()
    door(call("reader", 9_500))

    assert LLMSession.objects.get().used_tokens == 170_000
    assert SessionLane.objects.get().sample_count == 2


def test_a_report_that_overtook_another_makes_it_no_late_one(project: Any) -> None:
    """Two requests wait for one query, and go on in another order than they came in."""
    reports = [replace(call("", used), event_id=f"e{used}") for used in (9_000, 9_500)]
    second, first = START + timedelta(seconds=1), START
    arrivals = [
        Arrival(project.pk, report, received)
        for report, received in zip(reports, (second, first), strict=True)
    ]
    answers = Recorder().record(arrivals)

    assert [answer.is_late for answer in answers if isinstance(answer, Outcome)] == [
        False,
        False,
    ]
    session = LLMSession.objects.get()
    assert (session.used_tokens, session.last_at) == (9_500, second)
    assert {sample.at for sample in UsageSample.objects.all()} == {second}
