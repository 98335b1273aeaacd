"""Builds OTLP bodies for tests: spans and events from plain dicts."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tracker.domain.reports import UsageReport
from tracker.sources.otlp import read_otlp
from tracker.sources.otlp.reading import Reading

PROTOBUF = "application/x-protobuf"
START = 1_790_000_000_000_000_000  # ns since 1970: a day in September 2026
SECOND = 1_000_000_000
TRACE = 0xA1
IDS = ("traceId", "spanId", "parentSpanId")
# A call with every kind of value.
CALL = {
    "gen_ai.request.model": "gpt-5",
    "gen_ai.usage.input_tokens": 900,
    "gen_ai.usage.output_tokens": 30,
    "session.id": "chat-1",
    "gen_ai.input.messages": [{"role": "user", "parts": [1.5, None, True]}],
    "llm.input_messages.0.message.role": "system",
    "gen_ai.conversation.id": ["no id"],
}


def span(
    number: int, attributes: Mapping[str, Any], *, scope: str = "tests", **more: Any
) -> dict[str, Any]:
    """One span: `number` is its id, `parent` another's, `at` seconds after START."""
    return {"number": number, "attributes": attributes, "scope": scope, **more}


def traces(
    *spans: Mapping[str, Any], resource: Mapping[str, Any] | None = None
) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend(_pairs(resource or {}))
    for given in spans:
        scoped = group.scope_spans.add()
        scoped.scope.name = given["scope"]
        start = START + int(given.get("at", 0) * SECOND)
        made = scoped.spans.add(
            name=given.get("name", "chat"),
            trace_id=given.get("trace", TRACE).to_bytes(16, "big"),
            span_id=given["number"].to_bytes(8, "big"),
            start_time_unix_nano=start,
            end_time_unix_nano=start + int(given.get("seconds", 1) * SECOND),
        )
        if "parent" in given:
            made.parent_span_id = given["parent"].to_bytes(8, "big")
        made.attributes.extend(_pairs(given["attributes"]))
        if "event" in given:
            name, values = given["event"]
            made.events.add(name=name).attributes.extend(_pairs(values))
    return request.SerializeToString()


def logs(
    *events: Mapping[str, Any],
    scope: str = "tests",
    resource: Mapping[str, Any] | None = None,
) -> bytes:
    """Log events: each a dict of attributes; `body`, `name`, `trace` are its fields,
    `at` its seconds after START, else its place among them.
    """
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.extend(_pairs(resource or {}))
    scoped = group.scope_logs.add()
    scoped.scope.name = scope
    for number, given in enumerate(events):
        fields = {k: v for k, v in given.items() if k not in ("body", "name", "at")}
        after = int(given.get("at", number) * SECOND)
        made = scoped.log_records.add(
            time_unix_nano=START + after, event_name=given.get("name", "")
        )
        if "trace" in fields:
            made.trace_id = fields.pop("trace").to_bytes(16, "big")
        if "span" in fields:
            made.span_id = fields.pop("span").to_bytes(8, "big")
        if "body" in given:
            made.body.string_value = given["body"]
        made.attributes.extend(_pairs(fields))
    return request.SerializeToString()


def read_traces(*spans: Mapping[str, Any], **more: Any) -> Reading:
    return read_otlp("traces", traces(*spans, **more), content_type=PROTOBUF)


def read_logs(*events: Mapping[str, Any], **more: Any) -> Reading:
    return read_otlp("logs", logs(*events, **more), content_type=PROTOBUF)


def only(reading: Reading) -> UsageReport:
    (report,) = reading.reports
    assert isinstance(report, UsageReport)
    return report


def as_json(body: bytes, kind: type) -> bytes:
    """The same request as OTLP/JSON: protobuf's JSON, but ids in hex."""
    return json.dumps(
        _hex_ids(json_format.MessageToDict(kind.FromString(body)))
    ).encode()


def json_traces(*spans: dict[str, Any]) -> bytes:
    """A body of spans as they are: well formed or not."""
    return json.dumps(
        {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}
    ).encode()


def json_span(**fields: Any) -> dict[str, Any]:
    """A good span of OTLP/JSON, but for these fields."""
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


def _hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_hex_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(item).hex() if key in IDS else _hex_ids(item)
        for key, item in value.items()
    }


def _pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [
        KeyValue(key=key, value=_any(value))
        for key, value in attributes.items()
        if value is not None
    ]


def _any(value: Any) -> AnyValue:
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, int):
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, str):
        made.string_value = value
    elif isinstance(value, Mapping):
        made.kvlist_value.values.extend(_pairs(value))
    elif isinstance(value, Sequence):
        made.array_value.values.extend(_any(item) for item in value)
    return made
