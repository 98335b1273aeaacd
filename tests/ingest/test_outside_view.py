"""Drops that nobody announced, and compressions that several ways tell of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.ingest.conftest import NOON


@pytest.fixture
def recorder(project: Any) -> Any:
    from tracker.ingest.record import Recorder

    return Recorder()


@pytest.fixture
def request_of(usage: Any) -> Any:
    """`request_of(150_000, second=1)`: as a provider reports one, of session s."""

    def make(used: int, *, second: float, session: str = "s", **more: Any) -> Any:
        more = {"model": "claude-sonnet-4-5", **more}
        arrival = usage(session, used, second=second, **more)
        return replace(arrival, report=replace(arrival.report, source="reported"))

    return make


def told() -> list[tuple[str, str, int, int]]:
    """Compressions as (trigger, origin, before, after); all counts agree with them."""
    from tracker.ingest.verifying import verify
    from tracker.models import Compression, HourlyRollup, LLMSession

    assert [str(difference) for difference in verify()] == []
    rows = Compression.objects.order_by("at", "pk")
    found = list(rows.values_list("trigger", "origin", "before_tokens", "after_tokens"))
    sessions = LLMSession.objects.all()
    assert sum(session.compression_count for session in sessions) == len(found)
    assert sum(hour.compressions for hour in HourlyRollup.objects.all()) == len(found)
    return found


SUSPICION = ("suspected", "api", 150_000, 40_000)
GROUPS = pytest.mark.parametrize("at_once", [True, False], ids=["one group", "several"])


def send(recorder: Any, arrivals: list[Any], *, at_once: bool) -> list[Any]:
    if at_once:
        return list(recorder.record(arrivals))
    return [recorder.record([arrival])[0] for arrival in arrivals]


@GROUPS
def test_a_drop_that_nobody_announced_is_a_suspected_compression(
    recorder: Any, request_of: Any, at_once: bool
) -> None:
    from tracker.models import Compression

    drop = [request_of(150_000, second=1), request_of(40_000, second=9)]
    send(recorder, [*drop, request_of(45_000, second=12)], at_once=at_once)

    assert told() == [SUSPICION]
    row = Compression.objects.get()
    assert (row.performed_by, row.lane, row.review) == ("client", "main", "pending")
    assert row.at == NOON + timedelta(seconds=9)
    assert row.model == "claude-sonnet-4-5"


def test_it_is_news_like_any_other_compression(recorder: Any, request_of: Any) -> None:
    recorder.record([request_of(150_000, second=1)])

    recorder.record([request_of(40_000, second=9)])

    told_kinds = [item["kind"] for item in recorder.news]
    assert told_kinds == ["budget", "compression"]
    message = recorder.news[1]["make"]()
    assert (message["trigger"], message["after_tokens"]) == ("suspected", 40_000)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"used": 100_000}, id="not far enough"),
        pytest.param({"lane": "explore"}, id="another lane"),
        pytest.param({"model": "claude-haiku-4-5"}, id="another model"),
        pytest.param({"second": 0.5}, id="a late report"),
        pytest.param({"session": "t"}, id="another session"),
    ],
)
def test_other_smaller_requests_are_none(
    recorder: Any, request_of: Any, after: dict[str, Any]
) -> None:
    recorder.record([request_of(150_000, second=1)])

    after = {"used": 40_000, "second": 9, **after}
    recorder.record([request_of(after.pop("used"), **after)])

    assert told() == []


def test_counted_tokens_are_the_callers_business(recorder: Any, usage: Any) -> None:
    recorder.record([usage("s", 150_000, second=1), usage("s", 40_000, second=9)])

    assert told() == []


def test_a_window_that_a_person_emptied_is_no_compression(
    recorder: Any, request_of: Any
) -> None:
    after = request_of(20_000, second=9)
    after = replace(after, report=replace(after.report, begins_anew=True))

    recorder.record([request_of(150_000, second=1), after])

    assert told() == []


def test_a_dated_name_is_the_same_model(recorder: Any, request_of: Any) -> None:
    dated = "claude-sonnet-4-5-20250929"
    recorder.record([request_of(150_000, second=1, model=dated)])

    recorder.record([request_of(40_000, second=9)])

    assert told() == [SUSPICION]


def test_a_repeated_report_is_not_a_second_suspicion(
    recorder: Any, request_of: Any
) -> None:
    drop = request_of(40_000, second=9, event_id="e")
    recorder.record([request_of(150_000, second=1), drop])

    recorder.record([drop])
    recorder.record([request_of(41_000, second=10)])

    assert told() == [SUSPICION]


@GROUPS
def test_calls_of_several_kinds_leave_no_suspicion(
    recorder: Any, request_of: Any, at_once: bool
) -> None:
    """A router's small calls between the large ones of one session."""
    used = [50_000, 3_000, 52_000, 3_100, 54_000, 3_200, 55_000]
    calls = [request_of(n, second=second) for second, n in enumerate(used)]

    send(recorder, calls, at_once=at_once)

    assert told() == []


@GROUPS
def test_an_announced_compression_explains_the_drop(
    recorder: Any, request_of: Any, compression: Any, at_once: bool
) -> None:
    arrivals = [
        request_of(150_000, second=1),
        compression("s", 150_000, 40_000, second=5, event_id="c"),
        request_of(40_000, second=9),
    ]
    send(recorder, arrivals, at_once=at_once)

    assert told() == [("auto", "api", 150_000, 40_000)]


@GROUPS
@pytest.mark.parametrize("origin", ["api", "otlp", "claude_code"])
def test_an_announcement_that_comes_later_takes_the_suspicions_place(
    recorder: Any, request_of: Any, compression: Any, origin: str, at_once: bool
) -> None:
    claims = {"claimed_before_tokens": 9_000, "claimed_after_tokens": 700}
    given = (9_000, 700) if origin == "otlp" else (150_000, 41_000)
    arrivals = [
        request_of(150_000, second=1),
        request_of(40_000, second=90),
        request_of(42_000, second=95),
        compression("s", *given, second=5, event_id="c", origin=origin, **claims),
    ]

    answers = send(recorder, arrivals, at_once=at_once)

    after = 40_000 if origin == "otlp" else 41_000
    assert told() == [("auto", origin, 150_000, after)]
    assert not answers[-1].is_duplicate


def test_an_announcement_of_another_time_leaves_the_suspicion(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    recorder.record([request_of(140_000, second=1), request_of(150_000, second=30)])
    recorder.record([request_of(40_000, second=40)])

    recorder.record([compression("s", 140_000, 90_000, second=9, event_id="c")])

    assert told() == [("auto", "api", 140_000, 90_000), SUSPICION]


def otlp(compression: Any, *, second: float, event_id: str = "log:c") -> Any:
    return compression(
        "s",
        1_759,
        659,
        second=second,
        event_id=event_id,
        origin="otlp",
        claimed_before_tokens=1_759,
        claimed_after_tokens=659,
    )


@GROUPS
def test_the_requests_around_it_correct_what_an_event_claims(
    recorder: Any, request_of: Any, compression: Any, at_once: bool
) -> None:
    from tracker.models import Compression

    arrivals = [
        request_of(179_527, second=1),
        otlp(compression, second=5),
        request_of(54_620, second=9),
        request_of(60_000, second=12),
    ]
    send(recorder, arrivals, at_once=at_once)

    assert told() == [("auto", "otlp", 179_527, 54_620)]
    row = Compression.objects.get()
    assert (row.claimed_before_tokens, row.claimed_after_tokens) == (1_759, 659)


def test_an_event_that_comes_after_both_requests_finds_them(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    recorder.record([request_of(80_000, second=1), request_of(60_000, second=9)])

    recorder.record([otlp(compression, second=5)])

    assert told() == [("auto", "otlp", 80_000, 60_000)]


def test_an_event_without_requests_keeps_the_claims(
    recorder: Any, compression: Any
) -> None:
    recorder.record([otlp(compression, second=5)])

    assert told() == [("auto", "otlp", 1_759, 659)]


@GROUPS
@pytest.mark.parametrize("is_event_first", [True, False])
def test_event_and_transcript_tell_of_one_compaction(
    recorder: Any,
    request_of: Any,
    compression: Any,
    is_event_first: bool,
    at_once: bool,
) -> None:
    told_by = [
        otlp(compression, second=5.4),
        compression(
            "s", 179_527, 54_620, second=5, event_id="uuid", origin="claude_code"
        ),
    ]
    if not is_event_first:
        told_by.reverse()
    arrivals = [request_of(179_527, second=1), *told_by, request_of(54_620, second=9)]

    answers = send(recorder, arrivals, at_once=at_once)

    assert told() == [("auto", "claude_code", 179_527, 54_620)]
    assert [a.is_duplicate for a in answers[1:3]] == [False, not is_event_first]
    if not is_event_first:
        assert answers[2].event_id == "uuid"


def test_two_events_with_a_request_between_are_two_compactions(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    transcript = compression(
        "s", 170_000, 50_000, second=30, event_id="uuid", origin="claude_code"
    )
    recorder.record([request_of(179_527, second=1), otlp(compression, second=5)])
    recorder.record([request_of(54_620, second=9), request_of(170_000, second=20)])

    recorder.record([transcript])

    assert [row[1] for row in told()] == ["otlp", "claude_code"]


def test_advice_explains_nothing(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    from tracker.models import Compression

    advice = compression(
        "s", 150_000, 60_000, second=5, performed_by="tracker", is_advice=True
    )
    recorder.record([request_of(150_000, second=1), advice])

    recorder.record([request_of(40_000, second=9)])

    triggers = Compression.objects.filter(is_advice=False)
    assert list(triggers.values_list("trigger", flat=True)) == ["suspected"]
