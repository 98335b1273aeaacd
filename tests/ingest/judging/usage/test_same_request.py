"""Two reports of one request are one sample, in whatever order they come."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from tests.ingest.conftest import NOON
from tracker.domain.reports import Parts, UsageReport, attribute

LINE = {"client": "claude-code statusline"}
MODEL = "claude-haiku-4-5"


@pytest.fixture
def told(project: Any) -> Any:
    """`told(150_000, second=1)`: an arrival of a provider's report of session s."""
    from datetime import timedelta

    from tracker.ingest.arrivals import Arrival

    def make(used: int, *, second: float, **more: Any) -> Any:
        given = {"output_tokens": 640, "cache_read_tokens": used // 2} | more
        parts = given.pop("parts", Parts(unattributed=used))
        report = UsageReport(
            "s",
            used,
            parts,
            "reported",
            at=NOON + timedelta(seconds=second),
            model=MODEL,
            input_tokens=used,
            **given,
        )
        return Arrival(project.pk, report, NOON + timedelta(hours=1))

    return make


@pytest.fixture
def transcript(told: Any) -> Any:
    """The request as a transcript has it: with its parts and its own id."""

    def make(used: int, *, second: float, **more: Any) -> Any:
        counted = Parts(system=900, history=used // 2)
        given = {
            "event_id": f"req_{used}",
            "origin": "claude_code",
            "parts": attribute(used, counted),
            "parts_source": "estimated",
            "message_count": 12,
            "counted": counted,
            "counter": "characters / 3.5",
        }
        return told(used, second=second, **(given | more))

    return make


@pytest.fixture
def line(told: Any) -> Any:
    """The same as the status line has it, a moment later."""

    def make(used: int, *, second: float, **more: Any) -> Any:
        given = {"event_id": f"statusline-{used}-{second}", "metadata": LINE}
        return told(used, second=second, **(given | more))

    return make


def samples() -> list[dict[str, Any]]:
    from tracker.models import UsageSample

    return list(UsageSample.objects.order_by("at", "pk").values())


def gauge() -> Any:
    from tracker.models import LLMSession

    return LLMSession.objects.get()


def requests_in_rollup() -> tuple[int, int]:
    from django.db.models import Sum

    from tracker.models import HourlyRollup

    sums = HourlyRollup.objects.aggregate(a=Sum("samples"), b=Sum("used_tokens"))
    return sums["a"], sums["b"]


@pytest.mark.parametrize("is_line_first", [True, False])
@pytest.mark.parametrize("is_one_group", [True, False])
def test_status_line_and_transcript_are_one_call_in_either_order(
    recorder: Any, transcript: Any, line: Any, is_line_first: bool, is_one_group: bool
) -> None:
    recorder.record([line(90_000, second=2, window_tokens=1_000_000)])
    both = [
        transcript(120_000, second=60),
        line(120_000, second=64, window_tokens=1_000_000),
    ]
    if is_line_first:
        both.reverse()

    if is_one_group:
        answers = recorder.record(both)
    else:
        answers = [recorder.record([each])[0] for each in both]

    assert [answer.is_duplicate for answer in answers] == [False, True]
    first, second = samples()
    assert second["event_id"] == "req_120000"
    assert (second["system_tokens"], second["history_tokens"]) == (900, 60_000)
    assert (second["message_count"], second["parts_source"]) == (12, "estimated")
    assert (second["window_tokens"], second["window_source"]) == (1_000_000, "report")
    now = gauge()
    assert (now.used_tokens, now.history_tokens) == (120_000, 60_000)
    assert (now.window_tokens, now.message_count) == (1_000_000, 12)
    assert (now.sample_count, now.event_count) == (2, 0)
    assert requests_in_rollup() == (2, 210_000)


def test_either_one_told_again_changes_nothing(
    recorder: Any, transcript: Any, line: Any
) -> None:
    both = [line(120_000, second=64), transcript(120_000, second=60)]
    for each in both:
        recorder.record([each])
    stored = samples()

    for order in permutations(both):
        answers = recorder.record(list(order))
        assert all(answer.is_duplicate for answer in answers)

    assert samples() == stored
    assert gauge().sample_count == 1


def test_a_resumed_session_shows_its_last_request_once(
    recorder: Any, transcript: Any, line: Any
) -> None:
    recorder.record([line(90_000, second=2)])
    recorder.record([transcript(120_000, second=60)])

    (answer,) = recorder.record([line(120_000, second=7_000)])

    assert answer.is_duplicate
    assert [row["used_tokens"] for row in samples()] == [90_000, 120_000]


@pytest.mark.parametrize(
    "more",
    [
        {"cache_read_tokens": 7},  # another request of the same size
        {"lane": "agent-1"},
        {"second": 4_000},
    ],
)
def test_what_only_looks_alike_stays_two(
    recorder: Any, transcript: Any, line: Any, more: dict[str, Any]
) -> None:
    recorder.record([line(120_000, second=2)])
    recorder.record([transcript(150_000, second=30)])

    given = {"second": 3} | more
    recorder.record([transcript(120_000, **given)])

    assert len(samples()) == 3


def test_the_event_that_a_status_line_fired_stays_the_request_s(
    recorder: Any, transcript: Any, line: Any
) -> None:
    from tracker.models import ThresholdEvent

    recorder.record([line(170_000, second=1), line(190_000, second=9)])
    recorder.record([transcript(190_000, second=8)])

    events = ThresholdEvent.objects.order_by("seq")
    assert [event.event_id for event in events] == [
        "statusline-170000-1",
        "req_190000",
    ]


def test_an_emptied_window_was_no_compression_after_all(
    recorder: Any, transcript: Any, line: Any
) -> None:
    from tracker.models import Compression

    recorder.record([line(150_000, second=1)])
    recorder.record([line(20_000, second=9)])
    assert Compression.objects.get().is_suspected

    recorder.record([transcript(20_000, second=8, begins_anew=True)])

    assert not Compression.objects.exists()
    assert gauge().compression_count == 0


@pytest.mark.parametrize("is_one_group", [True, False])
def test_the_last_line_of_a_message_counts_for_all_numbers(
    recorder: Any, transcript: Any, is_one_group: bool
) -> None:
    """A client was read while it wrote: its first line has not the whole input yet."""
    first = transcript(
        3, second=1, event_id="req_a", output_tokens=1, cache_read_tokens=0
    )
    last = transcript(
        170_000, second=1, event_id="req_a", output_tokens=640, message_count=13
    )
    if is_one_group:
        recorder.record([first, last])
    else:
        recorder.record([first])
        recorder.record([last])
    recorder.record([first])  # an older copy of the file

    (row,) = samples()
    assert (row["used_tokens"], row["input_tokens"]) == (170_000, 170_000)
    assert (row["output_tokens"], row["cache_read_tokens"]) == (640, 85_000)
    assert (row["message_count"], row["level"]) == (13, "compress")
    now = gauge()
    assert (now.used_tokens, now.level, now.sample_count) == (170_000, "compress", 1)
    assert (now.event_count, now.output_tokens) == (1, 640)
    assert requests_in_rollup() == (1, 170_000)


def test_a_line_without_input_gets_the_one_it_has_later(
    recorder: Any, transcript: Any
) -> None:
    recorder.record([transcript(90_000, second=1)])
    recorder.record([transcript(0, second=5, event_id="req_a", output_tokens=1)])
    assert samples()[1]["implausible"] == "zero_input"

    recorder.record([transcript(120_000, second=5, event_id="req_a")])

    assert samples()[1]["implausible"] == ""
    assert gauge().used_tokens == 120_000


def test_an_older_request_is_completed_without_moving_the_gauge(
    recorder: Any, transcript: Any
) -> None:
    recorder.record(
        [
            transcript(100_000, second=1, event_id="a", output_tokens=1),
            transcript(120_000, second=9, event_id="b"),
        ]
    )

    (answer,) = recorder.record(
        [transcript(190_000, second=1, event_id="a", output_tokens=9)]
    )

    assert answer.is_duplicate and answer.budget.used_tokens == 120_000
    assert [row["used_tokens"] for row in samples()] == [190_000, 120_000]
    assert (gauge().used_tokens, gauge().event_count) == (120_000, 0)


def test_telemetry_s_sample_gets_the_transcript_s_parts(
    recorder: Any, told: Any, transcript: Any
) -> None:
    from tracker.models import Comparison

    recorder.record([told(120_000, second=3, event_id="req_120000", origin="otlp")])
    recorder.record([transcript(120_000, second=1)])
    recorder.record([told(120_000, second=3, event_id="req_120000", origin="otlp")])

    (row,) = samples()
    assert (row["history_tokens"], row["message_count"]) == (60_000, 12)
    assert gauge().history_tokens == 60_000
    assert Comparison.objects.get().reported_tokens == 120_000  # it is learnt from


def test_a_program_s_own_repeat_changes_nothing(recorder: Any, told: Any) -> None:
    recorder.record([told(120_000, second=3, event_id="a", output_tokens=1)])

    recorder.record([told(150_000, second=3, event_id="a", output_tokens=9)])

    assert [row["used_tokens"] for row in samples()] == [120_000]


def test_a_compression_s_gauge_stays(
    recorder: Any, transcript: Any, compression: Any
) -> None:
    recorder.record([transcript(180_000, second=1, event_id="a", output_tokens=1)])
    recorder.record([compression("s", 180_000, 40_000, second=5, sets_gauge=True)])

    recorder.record([transcript(181_000, second=1, event_id="a", output_tokens=9)])

    assert gauge().used_tokens == 40_000
    assert samples()[0]["used_tokens"] == 181_000


def test_what_is_told_of_one_request_is_the_same_in_every_order() -> None:
    from tracker.ingest.judging.usage.same_request import completed

    report = UsageReport("s", 5, Parts(), "reported", output_tokens=1)
    tellers = [
        replace(report, used_tokens=9, output_tokens=4, input_tokens=9),
        replace(
            report,
            parts=Parts(history=5),
            parts_source="estimated",
            message_count=2,
            origin="claude_code",
        ),
        replace(report, window_tokens=1_000_000, window_source="report"),
        replace(report, window_tokens=200_000, window_source="client_table"),
    ]
    results = set()
    for first, *rest in permutations(tellers):
        whole = first
        for each in rest:
            whole = completed(whole, each)
        results.add(whole)

    assert results == {
        UsageReport(
            "s",
            9,
            Parts(history=5, unattributed=4),
            "reported",
            parts_source="estimated",
            message_count=2,
            origin="claude_code",
            input_tokens=9,
            output_tokens=4,
            window_tokens=1_000_000,
            window_source="report",
        )
    }


def test_a_partial_report_moves_the_gauge_and_is_marked(
    recorder: Any, told: Any
) -> None:
    recorder.record([told(90_000, second=1, origin="otlp", partial="tool_loop")])

    assert samples()[0]["partial"] == "tool_loop"
    assert gauge().used_tokens == 90_000
