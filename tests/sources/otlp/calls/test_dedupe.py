"""One call is counted once, although several spans of its trace tell of it."""

from __future__ import annotations

from tests.sources.otlp.bodies import TRACE, only, read_traces, span
from tests.sources.otlp.call_spans import OPENINFERENCE, SDK, sdk_span, usage


def test_two_spans_of_one_response_are_one_call() -> None:
    reading = read_traces(
        span(1, usage(gen_ai__response__id="msg_2", session__id="chat-1")),
        sdk_span(2),
    )

    report = only(reading)
    assert (report.session, report.event_id) == ("chat-1", "msg_2")
    assert report.output_tokens == 29  # the SDK's: the provider's own number
    assert reading.ignored == {"same_response": 1}


def test_the_span_with_a_session_stays_even_if_it_is_the_sdks() -> None:
    with_session = sdk_span(2)
    with_session["attributes"]["session.id"] = "chat-1"

    reading = read_traces(
        span(1, usage(gen_ai__response__id="msg_2"), trace=7), with_session
    )

    assert only(reading).session == "chat-1"


def test_a_span_inside_a_counted_one_is_the_same_call() -> None:
    reading = read_traces(
        span(1, usage(session__id="chat-1"), scope=OPENINFERENCE),
        span(2, {"http.method": "POST"}, parent=1),
        sdk_span(3, parent=2),
    )

    report = only(reading)
    assert (report.session, report.event_id) == ("chat-1", "msg_3")
    assert reading.ignored == {"inside_counted_span": 1, "no_usage": 1}


def test_three_nested_spans_are_one_call_with_the_innermost_id() -> None:
    reading = read_traces(
        span(1, usage(session__id="chat-1")),
        span(2, usage(), parent=1, scope="other"),
        sdk_span(3, parent=2),
    )

    assert only(reading).event_id == "msg_3"
    assert reading.ignored == {"inside_counted_span": 2}


def test_calls_with_ids_of_their_own_stay_two_although_nested() -> None:
    reading = read_traces(
        span(1, usage(gen_ai__response__id="a")),
        span(2, usage(gen_ai__response__id="b"), parent=1),
    )

    assert {report.event_id for report in reading.reports} == {"a", "b"}


def test_a_span_around_several_calls_is_their_total() -> None:
    reading = read_traces(
        span(1, usage(1800), name="my framework's run"),
        span(2, usage(900, gen_ai__response__id="a"), parent=1),
        span(3, usage(900, gen_ai__response__id="b"), parent=1),
        span(4, usage(1800), parent=9),
    )

    ids = {report.event_id for report in reading.reports}
    assert ids == {"a", "b", f"span:{TRACE:032x}:{4:016x}"}
    assert reading.ignored == {"agent_total": 1}


def test_totals_of_totals_go_too() -> None:
    reading = read_traces(
        span(1, usage(3600)),
        span(2, usage(1800), parent=1),
        span(3, usage(900, gen_ai__response__id="a"), parent=2),
        span(4, usage(900, gen_ai__response__id="b"), parent=2),
    )

    assert {report.event_id for report in reading.reports} == {"a", "b"}
    assert reading.ignored == {"agent_total": 2}


def test_a_span_sent_twice_in_one_request_is_one() -> None:
    reading = read_traces(span(1, usage()), span(1, usage()))

    assert len(reading.reports) == 1
    assert reading.ignored == {"same_response": 1}


def test_a_child_sent_before_its_parent_has_the_same_event_id() -> None:
    child = read_traces(sdk_span(2, parent=1))
    answer = {"output.value": '{"id": "msg_2"}', "session.id": "chat-1"}
    parent = read_traces(span(1, {**usage(), **answer}, scope=OPENINFERENCE))

    assert only(child).event_id == only(parent).event_id == "msg_2"
    assert only(child).metadata == {"scope": SDK, "grouped_by": "trace"}
