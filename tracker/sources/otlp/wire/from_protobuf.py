"""OTLP protobuf -> plain records, by the official messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tracker.sources.body_errors import SourceError
from tracker.sources.otlp.names import (
    COPILOT_EVENT,
    COPILOT_NAMES,
    LOG_NAMES,
    MESSAGE_PREFIX,
    MESSAGE_SUFFIX,
    RESOURCE_NAMES,
    SPAN_NAMES,
)
from tracker.sources.otlp.wire.records import Decoded, LogRecord, Metric, Span

_ZEROS = bytes(16)
NO_ID = "a span without a valid trace id and span id"


def parse(message: Any, body: bytes) -> Any:
    """`body` as `message`'s type. Raises SourceError 400 for any other body."""
    try:
        return message.FromString(body)
    except DecodeError:
        raise SourceError(400, "the body is not an OTLP protobuf message") from None


def spans(body: bytes) -> Decoded[Span]:
    request = parse(ExportTraceServiceRequest, body)
    found: list[Span] = []
    rejected = 0
    for index, group in enumerate(request.resource_spans):
        resource, _ = attributes(group.resource.attributes, RESOURCE_NAMES)
        for scoped in group.scope_spans:
            for span in scoped.spans:
                if not _has_ids(span):
                    rejected += 1
                    continue
                found.append(_span(span, scoped.scope.name, resource, index))
    return Decoded(tuple(found), rejected, NO_ID if rejected else "")


def _has_ids(span: Any) -> bool:
    """The specification calls ids of zeros, or of another length, invalid."""
    return (
        len(span.trace_id) == 16
        and len(span.span_id) == 8
        and span.trace_id != _ZEROS
        and span.span_id != _ZEROS[:8]
    )


def _span(span: Any, scope: str, resource: dict[str, Any], index: int) -> Span:
    values, message_count = attributes(span.attributes, SPAN_NAMES)
    for event in span.events:
        if event.name == COPILOT_EVENT:
            values |= attributes(event.attributes, COPILOT_NAMES)[0]
    return Span(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        scope=scope,
        attributes=values,
        resource=resource,
        resource_index=index,
        message_count=message_count,
    )


def logs(body: bytes) -> Decoded[LogRecord]:
    request = parse(ExportLogsServiceRequest, body)
    found: list[LogRecord] = []
    for group in request.resource_logs:
        resource, _ = attributes(group.resource.attributes, RESOURCE_NAMES)
        for scoped in group.scope_logs:
            scope = scoped.scope.name
            for record in scoped.log_records:
                values, _ = attributes(record.attributes, LOG_NAMES)
                body_text = record.body.string_value
                found.append(
                    LogRecord(
                        name=event_name(values, record.event_name, body_text),
                        at_ns=record.time_unix_nano or record.observed_time_unix_nano,
                        trace_id=record.trace_id.hex(),
                        span_id=record.span_id.hex(),
                        scope=scope,
                        attributes=values,
                        resource=resource,
                    )
                )
    return Decoded(tuple(found))


def event_name(values: dict[str, Any], field: str, body: str) -> str:
    """An event's name: the attribute `event.name`, else its own field, else its body.

    Codex has a place in its source in the field (`event otel/src/events.rs:1187`);
    Claude Code's attribute lacks the prefix that its body has.
    """
    name = values.get("event.name")
    if not isinstance(name, str) or not name:
        return field or body
    whole = (text for text in (field, body) if text.endswith(f".{name}"))
    return next(whole, name)


def metrics(body: bytes) -> Decoded[Metric]:
    request = parse(ExportMetricsServiceRequest, body)
    found = []
    for group in request.resource_metrics:
        for scoped in group.scope_metrics:
            for metric in scoped.metrics:
                kind = metric.WhichOneof("data")
                points = len(getattr(metric, kind).data_points) if kind else 0
                found.append(Metric(metric.name, points))
    return Decoded(tuple(found))


def attributes(
    pairs: Iterable[Any], wanted: frozenset[str]
) -> tuple[dict[str, Any], int]:
    """The wanted attributes, and how many messages the indexed ones name.

    Only what is wanted is turned into Python objects: at 30 attributes a span, the
    keys alone are half of the cost.
    """
    values: dict[str, Any] = {}
    message_count = 0
    for pair in pairs:
        key = pair.key
        if key in wanted:
            values[key] = _value(pair.value)
        elif key.startswith(MESSAGE_PREFIX) and key.endswith(MESSAGE_SUFFIX):
            message_count += pair.value.string_value != "system"
    return values, message_count


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
    return getattr(value, kind)
