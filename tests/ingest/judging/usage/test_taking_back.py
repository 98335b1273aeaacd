"""A call that its trace had grouped moves to the session another way names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.ingest.conftest import NOON


@pytest.fixture
def named(usage: Any) -> Any:
    """The same call with a session, in place of what `trace` holds under `gone`."""
    from dataclasses import replace

    from tracker.ingest.arrivals import Replaced

    def make(used: int, *, second: float, gone: str, event_id: str) -> Any:
        arrival = usage("chat", used, second=second, event_id=event_id)
        return replace(arrival, replaces=Replaced("trace", gone))

    return make


def left() -> tuple[list[tuple[str, int]], dict[str, int]]:
    """Samples by session, and every number the project keeps of them."""
    from tracker.models import HourlyRollup, LLMSession, Project, UsageSample
    from tracker.upkeep.verifying import verify

    assert [str(difference) for difference in verify()] == []
    project = Project.objects.get()
    sums = {"new_sessions": 0, "samples": 0, "used_tokens": 0, "critical_events": 0}
    for row in HourlyRollup.objects.all():
        for name in sums:
            sums[name] += getattr(row, name)
    sums["sessions"] = LLMSession.objects.count()
    sums["counted"] = project.ok_count + project.critical_count
    rows = UsageSample.objects.order_by("at", "pk")
    return list(rows.values_list("session__key", "used_tokens")), sums


def test_an_empty_trace_goes_with_its_last_call(
    recorder: Any, usage: Any, named: Any
) -> None:
    recorder.record([usage("trace", 190_000, second=1, event_id="span:1")])

    recorder.record([named(190_000, second=1, gone="span:1", event_id="msg_1")])

    samples, sums = left()
    assert samples == [("chat", 190_000)]
    assert sums == {
        "new_sessions": 1,
        "samples": 1,
        "used_tokens": 190_000,
        "critical_events": 1,
        "sessions": 1,
        "counted": 1,
    }


def test_a_trace_with_another_call_keeps_it_and_shows_it(
    recorder: Any, usage: Any, named: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    recorder.record([usage("trace", 10, second=1, event_id="span:1")])
    recorder.record([usage("trace", 190_000, second=2, event_id="span:2")])

    recorder.record([named(190_000, second=2, gone="span:2", event_id="span:2")])

    samples, sums = left()
    trace = LLMSession.objects.get(key="trace")
    assert samples == [("trace", 10), ("chat", 190_000)]
    assert (trace.used_tokens, trace.level, trace.event_count) == (10, "ok", 0)
    assert trace.last_at == NOON + timedelta(seconds=1)
    assert ThresholdEvent.objects.get().session.key == "chat"
    assert sums["critical_events"] == 1
    assert sums["sessions"] == sums["counted"] == 2


def test_a_lane_goes_with_its_last_call(recorder: Any, usage: Any, named: Any) -> None:
    """A sub-agent's call is told before its name, and moves when the name comes."""
    from tracker.models import SessionLane

    recorder.record([usage("trace", 10, second=1, event_id="span:1")])
    call = {"second": 2, "event_id": "span:2"}
    recorder.record([usage("trace", 20, lane="sub-agent", **call)])

    recorder.record([named(20, second=2, gone="span:2", event_id="span:2")])

    assert left()[0] == [("trace", 10), ("chat", 20)]
    assert list(SessionLane.objects.all()) == []


def test_both_in_one_group_leave_the_named_one_and_no_news_of_the_other(
    recorder: Any, usage: Any, named: Any
) -> None:
    recorder.record(
        [
            usage("trace", 190_000, second=1, event_id="span:1"),
            named(190_000, second=1, gone="span:1", event_id="msg_1"),
        ]
    )

    samples, sums = left()
    assert samples == [("chat", 190_000)]
    assert sums["sessions"] == sums["counted"] == sums["new_sessions"] == 1
    told = [news.head.session for news in recorder.news]
    assert set(told) == {"chat"}


def test_what_is_not_there_is_not_made(recorder: Any, named: Any) -> None:
    recorder.record([named(500, second=1, gone="span:1", event_id="msg_1")])

    samples, sums = left()
    assert samples == [("chat", 500)]
    assert sums["sessions"] == sums["new_sessions"] == 1


def test_a_refused_report_takes_nothing_away(
    recorder: Any, usage: Any, named: Any
) -> None:
    from dataclasses import replace

    from tracker.ingest.arrivals import Rejection

    recorder.record([usage("trace", 500, second=1, event_id="span:1")])
    stranger = replace(
        named(500, second=1, gone="span:1", event_id="msg_1"), api_key_id=99
    )

    (answer,) = recorder.record([stranger])

    assert isinstance(answer, Rejection)
    assert left()[0] == [("trace", 500)]


def test_the_trace_may_be_used_again_afterwards(
    recorder: Any, usage: Any, named: Any
) -> None:
    recorder.record([usage("trace", 500, second=1, event_id="span:1")])
    recorder.record([named(500, second=1, gone="span:1", event_id="msg_1")])

    recorder.record([usage("trace", 700, second=5, event_id="span:9")])

    samples, sums = left()
    assert samples == [("chat", 500), ("trace", 700)]
    assert sums["sessions"] == sums["counted"] == sums["new_sessions"] == 2
