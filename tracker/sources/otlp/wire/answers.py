"""What an OTLP request is answered with: success, partial success, or a status."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)

from tracker.sources.otlp.reading import Reading

_RESPONSES: dict[str, tuple[Any, str, str]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
    "metrics": (
        ExportMetricsServiceResponse,
        "rejected_data_points",
        "rejectedDataPoints",
    ),
}
# gRPC codes by HTTP status, as google.rpc.Status wants them.
_CODES = {400: 3, 401: 16, 403: 7, 413: 8, 415: 3, 429: 8, 503: 14}
_UNKNOWN = 2


def success_body(signal: str, reading: Reading, *, as_json: bool) -> bytes:
    """The body of a 200, in the request's own encoding.

    Empty (`{}`) where every record was accepted; ignored records are accepted ones.
    """
    kind, field, json_field = _RESPONSES[signal]
    if not reading.rejected:
        return b"{}" if as_json else b""
    if as_json:
        partial = {
            json_field: str(reading.rejected),
            "errorMessage": reading.error_message,
        }
        return json.dumps({"partialSuccess": partial}).encode()
    response = kind()
    setattr(response.partial_success, field, reading.rejected)
    response.partial_success.error_message = reading.error_message
    return bytes(response.SerializeToString())


def error_body(status: int, message: str, *, as_json: bool) -> bytes:
    """A google.rpc.Status for any 4xx or 5xx, which exporters log."""
    code = _CODES.get(status, _UNKNOWN)
    if as_json:
        return json.dumps({"code": code, "message": message}).encode()
    text = message.encode()
    # Two fields of protobuf by hand: 1 the code, 2 the message, both well known.
    return bytes([0x08, code, 0x12]) + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    head = bytearray()
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])
