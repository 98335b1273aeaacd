"""Bodies in protobuf and JSON become the same records; broken ones a status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.sources.otlp_bodies import PROTOBUF, as_json, logs, span, traces
from tracker.sources.otlp import SIGNALS, OtlpError, read_otlp

CALL = {
    "gen_ai.request.model": "gpt-5",
    "gen_ai.usage.input_tokens": 900,
    "gen_ai.usage.output_tokens": 30,
    "session.id": "chat-1",
    "gen_ai.input.messages": [{"role": "user", "parts": [1.5, None, True]}],
    "llm.input_messages.0.message.role": "system",
    "gen_ai.conversation.id": ["no id"],
}


def json_traces(*spans: dict[str, Any]) -> bytes:
    return json.dumps(
        {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}
    ).encode()


def json_span(**fields: Any) -> dict[str, Any]:
    attributes = [
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "900"}},
        {"key": "session.id", "value": {"stringValue": "chat-1"}},
    ]
    return {
        "traceId": "A1" * 16,
        "spanId": "b2" * 8,
        "endTimeUnixNano": "1790000000000000000",
        "attributes": attributes,
        **fields,
    }


def test_json_and_protobuf_of_the_same_spans_read_the_same() -> None:
    body = traces(span(1, CALL), span(2, {}, parent=1), resource={"service.name": "s"})

    from_protobuf = read_otlp("traces", body, content_type=PROTOBUF)
    from_json = read_otlp(
        "traces",
        as_json(body, ExportTraceServiceRequest),
        content_type="application/json; charset=utf-8",
    )

    assert from_json == from_protobuf
    assert len(from_json.reports) == 1
    assert from_json.ignored == {"no_usage": 1}


def test_json_and_protobuf_of_the_same_events_read_the_same() -> None:
    event = {
        "body": "claude_code.api_request",
        "event.name": "api_request",
        "session.id": "chat-1",
        "input_tokens": 10,
        "request_id": "req_1",
    }
    body = logs(event, {"body": "hello"})

    from_protobuf = read_otlp("logs", body, content_type=PROTOBUF)
    from_json = read_otlp(
        "logs",
        as_json(body, ExportLogsServiceRequest),
        content_type="application/json",
    )

    assert from_json == from_protobuf
    assert [report.event_id for report in from_json.reports] == ["req_1"]


def test_hexadecimal_ids_are_read_in_either_case() -> None:
    reading = read_otlp(
        "traces", json_traces(json_span()), content_type="application/json"
    )

    assert reading.reports[0].event_id == f"span:{'a1' * 16}:{'b2' * 8}"


@pytest.mark.parametrize("number", ["900", 900], ids=["string", "number"])
def test_integers_of_json_may_be_strings_or_numbers(number: object) -> None:
    attributes = [
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": number}},
        {"key": "unset", "value": {}},
    ]
    body = json_traces(json_span(attributes=attributes))

    reading = read_otlp("traces", body, content_type="application/json")

    assert reading.reports[0].used_tokens == 900


@pytest.mark.parametrize(
    "broken",
    [
        json_span(traceId="a1"),
        json_span(spanId="zz" * 8),
        json_span(traceId="00" * 16),
        json_span(traceId=None),
        json_span(endTimeUnixNano="soon"),
        json_span(attributes=[{"value": {"intValue": "1"}}]),
        json_span(attributes="none"),
        "no span at all",
    ],
    ids=range(8),
)
def test_one_broken_json_span_is_rejected_and_the_others_count(broken: Any) -> None:
    body = json_traces(broken, json_span())

    reading = read_otlp("traces", body, content_type="application/json")

    assert len(reading.reports) == 1
    assert reading.rejected == 1
    assert reading.error_message


def test_a_protobuf_span_without_valid_ids_is_rejected() -> None:
    request = ExportTraceServiceRequest.FromString(
        traces(span(1, CALL), span(2, CALL), span(3, CALL))
    )
    spans = [scoped.spans[0] for scoped in request.resource_spans[0].scope_spans]
    spans[0].trace_id = b"short"
    spans[1].span_id = bytes(8)

    reading = read_otlp("traces", request.SerializeToString(), content_type=PROTOBUF)

    assert len(reading.reports) == 1
    assert reading.rejected == 2
    assert "span id" in reading.error_message


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xff\xff", PROTOBUF),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"7", "application/json"),
        (b"\xff", "application/json"),
        (b'"\xff"', "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
    ids=["protobuf", "open", "list", "number", "no utf-8", "a bad string", "deep"],
)
def test_a_body_that_cannot_be_decoded_is_a_400(
    signal: str, body: bytes, content_type: str
) -> None:
    with pytest.raises(OtlpError) as caught:
        read_otlp(signal, body, content_type=content_type)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body",
    [b'{"resourceSpans": 7}', b'{"resourceSpans": [[]]}'],
)
def test_json_of_another_form_is_a_400(body: bytes) -> None:
    with pytest.raises(OtlpError) as caught:
        read_otlp("traces", body, content_type="application/json")

    assert caught.value.status == 400


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/grpc"])
def test_another_content_type_is_a_415(content_type: str) -> None:
    with pytest.raises(OtlpError) as caught:
        read_otlp("traces", b"", content_type=content_type)

    assert caught.value.status == 415


@pytest.mark.parametrize("signal", SIGNALS)
def test_an_empty_request_reports_nothing(signal: str) -> None:
    for body, content_type in ((b"", PROTOBUF), (b"{}", "application/json")):
        reading = read_otlp(signal, body, content_type=content_type)

        assert (reading.reports, reading.ignored, reading.rejected) == ([], {}, 0)


def test_metrics_are_recognised_and_counted_as_ignored() -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    tokens = metrics.add(name="claude_code.token.usage").sum
    for kind in ("input", "output", "cacheRead"):
        tokens.data_points.add(as_double=12.0).attributes.add(key="type")
        assert kind
    metrics.add(name="empty")
    body = request.SerializeToString()

    from_protobuf = read_otlp("metrics", body, content_type=PROTOBUF)
    from_json = read_otlp(
        "metrics",
        as_json(body, ExportMetricsServiceRequest),
        content_type="application/json",
    )

    assert from_protobuf.ignored == {"metric": 3}
    assert from_json == from_protobuf


def test_an_unknown_signal_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="profiles"):
        read_otlp("profiles", b"", content_type=PROTOBUF)


@given(body=st.binary(max_size=200), signal=st.sampled_from(SIGNALS))
def test_any_bytes_are_read_or_refused(body: bytes, signal: str) -> None:
    for content_type in (PROTOBUF, "application/json"):
        try:
            read_otlp(signal, body, content_type=content_type)
        except OtlpError as error:
            assert error.status == 400


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "resourceSpans",
                    "scopeSpans",
                    "spans",
                    "scope",
                    "resource",
                    "attributes",
                    "key",
                    "value",
                    "traceId",
                    "spanId",
                    "intValue",
                    "arrayValue",
                    "values",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(data=_JSON)
def test_any_json_is_read_or_refused(data: object) -> None:
    body = json.dumps({"resourceSpans": [{"scopeSpans": data}, data]}).encode()

    try:
        read_otlp("traces", body, content_type="application/json")
    except OtlpError as error:
        assert error.status == 400


@pytest.mark.parametrize(
    "times",
    [
        {"endTimeUnixNano": "9" * 25},
        {"endTimeUnixNano": "253402300799000000000"},
        {"endTimeUnixNano": None, "startTimeUnixNano": "9" * 25},
    ],
    ids=["end", "last second of 9999", "start of a span that says no end"],
)
def test_a_span_at_an_impossible_time_is_rejected(times: dict[str, Any]) -> None:
    body = json_traces(json_span(**times))

    reading = read_otlp("traces", body, content_type="application/json")

    assert (reading.reports, reading.rejected) == ([], 1)


@pytest.mark.parametrize("name", [[], {}, [None], 5, True, None])
def test_a_json_name_that_is_no_text_is_none(name: Any) -> None:
    record = {"eventName": name, "body": {"stringValue": name}}
    scope = {"scope": {"name": name}, "logRecords": [record]}
    named = {"traceId": "a" * 32, "spanId": "b" * 16, "name": name}
    spans = {"scope": {"name": name}, "spans": [named]}
    metric = {"metrics": [{"name": name, "sum": {"dataPoints": [{}]}}]}
    for signal, body in (
        ("logs", {"resourceLogs": [{"scopeLogs": [scope]}]}),
        ("traces", {"resourceSpans": [{"scopeSpans": [spans]}]}),
        ("metrics", {"resourceMetrics": [{"scopeMetrics": [metric]}]}),
    ):
        reading = read_otlp(
            signal, json.dumps(body).encode(), content_type="application/json"
        )

        assert not reading.reports
        assert reading.rejected + sum(reading.ignored.values()) == 1
