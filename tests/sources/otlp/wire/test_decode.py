"""Bodies in protobuf and JSON become the same records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.sources.otlp.bodies import (
    CALL,
    PROTOBUF,
    as_json,
    json_span,
    json_traces,
    logs,
    span,
    traces,
)
from tracker.sources.otlp import SIGNALS, read_otlp


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


@pytest.mark.parametrize("signal", SIGNALS)
def test_an_empty_request_reports_nothing(signal: str) -> None:
    for body, content_type in ((b"", PROTOBUF), (b"{}", "application/json")):
        reading = read_otlp(signal, body, content_type=content_type)

        assert (reading.reports, reading.ignored, reading.rejected) == ([], {}, 0)


def test_an_unknown_signal_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="profiles"):
        read_otlp("profiles", b"", content_type=PROTOBUF)
