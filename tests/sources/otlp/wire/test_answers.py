"""What exporters get back: nothing, a partial success, or a status."""

from __future__ import annotations

import json

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)

from tracker.sources.otlp import REASONS, SIGNALS, reasons
from tracker.sources.otlp.reading import Reading
from tracker.sources.otlp.wire.answers import error_body, success_body

PARTIAL = Reading(rejected=3, error_message="no id")


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_request_taken_whole_is_answered_with_nothing(signal: str) -> None:
    reading = Reading(ignored={"metric": 9})

    assert success_body(signal, reading, as_json=False) == b""
    assert success_body(signal, reading, as_json=True) == b"{}"


@pytest.mark.parametrize(
    ("signal", "kind", "field"),
    [
        ("traces", ExportTraceServiceResponse, "rejected_spans"),
        ("logs", ExportLogsServiceResponse, "rejected_log_records"),
        ("metrics", ExportMetricsServiceResponse, "rejected_data_points"),
    ],
)
def test_rejected_records_make_a_partial_success(
    signal: str, kind: type, field: str
) -> None:
    partial = kind.FromString(
        success_body(signal, PARTIAL, as_json=False)
    ).partial_success

    assert getattr(partial, field) == 3
    assert partial.error_message == "no id"


def test_a_partial_success_in_json_has_camel_case_and_strings() -> None:
    body = json.loads(success_body("traces", PARTIAL, as_json=True))

    assert body == {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "no id"}}


@pytest.mark.parametrize("message", ["", "é" * 100], ids=["short", "two-byte length"])
def test_an_error_is_a_status_in_the_requests_own_encoding(message: str) -> None:
    in_json = json.loads(error_body(415, message, as_json=True))
    body = error_body(415, message, as_json=False)

    assert in_json == {"code": 3, "message": message}
    # A partial success has a message in field 2 and an integer in field 1 as well.
    read = ExportTraceServiceResponse().partial_success.FromString(body)
    assert (read.rejected_spans, read.error_message) == (3, message)


def test_every_reason_is_explained() -> None:
    named = {
        value
        for name, value in vars(reasons).items()
        if name.isupper() and isinstance(value, str)
    }

    assert named == {name for name in REASONS if ":" not in name}
    assert all(len(text) > 10 for text in REASONS.values())
