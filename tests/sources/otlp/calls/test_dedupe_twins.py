"""A call that the SDK's span and another's tell of, by numbers and moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.sources.otlp.bodies import only, read_traces, span
from tests.sources.otlp.call_spans import OPENINFERENCE, SDK, sdk_span, usage
from tracker.domain.reports import Parts, UsageReport
from tracker.sources.otlp.calls.identity import TWIN_WINDOW, are_twins


def test_the_sdks_span_elsewhere_at_the_same_moment_is_a_twin() -> None:
    reading = read_traces(
        span(1, usage(session__id="chat-1"), scope=OPENINFERENCE, trace=7),
        sdk_span(2, at=0.1, seconds=0.8),
    )

    report = only(reading)
    assert (report.session, report.event_id) == ("chat-1", "msg_2")
    assert reading.ignored == {"sdk_twin": 1}


def test_each_sdk_span_has_one_twin() -> None:
    reading = read_traces(
        span(1, usage(session__id="chat-1"), scope=OPENINFERENCE, trace=7),
        sdk_span(2),
        sdk_span(3),
    )

    assert len(reading.reports) == 2
    assert reading.ignored == {"sdk_twin": 1}


@pytest.mark.parametrize(
    ("tokens", "at"), [(901, 0), (900, 60)], ids=["other tokens", "another moment"]
)
def test_sdk_spans_that_match_nothing_are_calls_of_their_own(
    tokens: int, at: int
) -> None:
    reading = read_traces(
        span(1, usage(session__id="chat-1"), scope=OPENINFERENCE, trace=7),
        sdk_span(2, tokens, at=at),
    )

    assert len(reading.reports) == 2


def test_an_sdk_span_without_a_counterpart_is_a_call_of_its_own() -> None:
    """Its parent may be an HTTP server's span that has not ended yet."""
    instrumented = span(1, usage(session__id="chat-1"), scope=OPENINFERENCE, trace=7)

    reading = read_traces(instrumented, sdk_span(2, 77, parent=99))

    assert {r.event_id for r in reading.reports} == {f"span:{7:032x}:{1:016x}", "msg_2"}
    assert reading.ignored == {}


def test_a_streaming_answer_told_by_a_sibling_is_one_call() -> None:
    """Logfire: the request's span says nothing, a later one has the usage."""
    request = span(1, {"session.id": "chat-1"}, seconds=3)
    answer = span(2, usage(session__id="chat-1"), at=3, seconds=0)

    reading = read_traces(request, answer, sdk_span(3, parent=1, seconds=2.9))

    report = only(reading)
    assert (report.session, report.event_id) == ("chat-1", "msg_3")
    assert reading.ignored == {"no_usage": 1, "sdk_twin": 1}


def test_of_many_alike_calls_each_sdk_span_finds_the_one_at_its_own_time() -> None:
    moments = [n * 10 for n in range(200)]
    around = [span(n + 1, usage(), at=at) for n, at in enumerate(moments)]
    inside = [sdk_span(n + 1_000, at=at, seconds=0.9) for n, at in enumerate(moments)]

    reading = read_traces(*reversed(around), *inside)

    assert len(reading.reports) == 200
    assert reading.ignored == {"sdk_twin": 200}
    assert {report.event_id for report in reading.reports} == {
        f"msg_{n + 1_000}" for n in range(200)
    }


AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
UNNAMED = UsageReport(
    session="chat-1",
    used_tokens=900,
    parts=Parts(unattributed=900),
    source="reported",
    event_id="span:1:2",
    at=AT,
    model="claude-sonnet-4-5",
    metadata={"scope": OPENINFERENCE},
)
NAMED = replace(
    UNNAMED,
    event_id="msg_1",
    model="claude-sonnet-4-5-20250929",
    metadata={"scope": SDK},
)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (NAMED, True),
        (replace(NAMED, at=AT + TWIN_WINDOW), True),
        (replace(NAMED, at=AT - TWIN_WINDOW), True),
        (replace(NAMED, at=AT + TWIN_WINDOW + timedelta(microseconds=1)), False),
        (replace(NAMED, used_tokens=901), False),
        (replace(NAMED, model="claude-opus-4-5"), False),
        (replace(NAMED, at=None), False),
        (replace(UNNAMED, event_id="span:3:4"), False),
        (replace(UNNAMED, event_id="log:5", metadata={"scope": "x"}), True),
        (replace(UNNAMED, event_id="log:1:2", model=""), True),
        (replace(UNNAMED, event_id="log:1:3", model=""), False),
        (replace(NAMED, metadata=UNNAMED.metadata), False),
        (replace(UNNAMED, event_id=None, metadata=None), True),
    ],
    ids=[
        "equal",
        "end of the window",
        "its begin",
        "after it",
        "tokens",
        "model",
        "no time",
        "same scope",
        "another scope",
        "the event of the same span",
        "the event of another span",
        "an answer told by the same scope",
        "no id",
    ],
)
def test_twins_are_equal_numbers_at_one_moment(
    other: UsageReport, expected: bool
) -> None:
    assert are_twins(UNNAMED, other) is expected
    assert are_twins(other, UNNAMED) is expected


def test_two_answers_with_ids_of_their_own_are_never_twins() -> None:
    assert not are_twins(NAMED, replace(NAMED, event_id="msg_2"))


@pytest.mark.parametrize(
    "model",
    [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "vertex_ai/claude-sonnet-4-5@20250929",
        "bedrock/anthropic.claude-sonnet-4-5",
        "claude-sonnet-4-5[1m]",
    ],
)
def test_a_twin_is_known_by_every_spelling_of_its_model(model: str) -> None:
    """LiteLLM says the model with its cloud's prefix, the client without."""
    assert are_twins(UNNAMED, replace(NAMED, model=model))


def test_an_event_beside_the_answer_of_its_own_scope_is_the_same_call() -> None:
    event = replace(NAMED, event_id="log:1:2", model="")

    assert are_twins(NAMED, event)
