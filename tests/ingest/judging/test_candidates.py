"""Which lane a named agent's requests take, in whatever requests they come."""

from __future__ import annotations

from tests.ingest.judging.reported_text import Door
from tracker.domain.reports import Parts, UsageReport
from tracker.models import LLMSession, SessionLane, ThresholdEvent


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
    from tracker.ingest.judging.record import Recorder

    door(call("planner", 170_000))
    door(call("reader", 9_000))
    door.recorder = Recorder()
    door(call("reader", 9_500))

    assert LLMSession.objects.get().used_tokens == 170_000
    assert SessionLane.objects.get().sample_count == 2
