"""OTLP/JSON -> plain records: ids are hex, 64-bit integers may be strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

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
from tracker.sources.otlp.wire.from_protobuf import NO_ID, event_name
from tracker.sources.otlp.wire.records import (
    BadRecord,
    Decoded,
    LogRecord,
    Metric,
    Span,
)

Record = TypeVar("Record")
_MALFORMED = "a record that is not of OTLP's JSON form"


def spans(body: bytes) -> Decoded[Span]:
    return _each(body, ("resourceSpans", "scopeSpans", "spans"), _span)


def logs(body: bytes) -> Decoded[LogRecord]:
    return _each(body, ("resourceLogs", "scopeLogs", "logRecords"), _log)


def metrics(body: bytes) -> Decoded[Metric]:
    return _each(body, ("resourceMetrics", "scopeMetrics", "metrics"), _metric)


def _each(
    body: bytes,
    names: tuple[str, str, str],
    read: Callable[[dict[str, Any], str, dict[str, Any], int], Record],
) -> Decoded[Record]:
    """Every record read; one that cannot be is counted, not fatal.

    Raises SourceError 400 if the body is no JSON or its outer form is another.
    """
    found: list[Record] = []
    rejected, message = 0, ""
    try:
        request = msgspec.json.decode(body)
        for record, scope, resource, index in _walk(request, names):
            try:
                found.append(read(record, scope, resource, index))
            except BadRecord as error:
                rejected, message = rejected + 1, str(error)
            except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
                rejected, message = rejected + 1, _MALFORMED
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise SourceError(400, "the body is not JSON") from None
    except (AttributeError, TypeError):
        raise SourceError(400, f"the body is not OTLP JSON: no {names[0]}") from None
    return Decoded(tuple(found), rejected, message)


def _walk(
    request: Any, names: tuple[str, str, str]
) -> Iterator[tuple[dict[str, Any], str, dict[str, Any], int]]:
    for index, group in enumerate(request.get(names[0]) or ()):
        pairs = (group.get("resource") or {}).get("attributes") or ()
        resource, _ = _attributes(pairs, RESOURCE_NAMES)
        for scoped in group.get(names[1]) or ():
            scope = _text((scoped.get("scope") or {}).get("name"))
            for record in scoped.get(names[2]) or ():
                yield record, scope, resource, index


def _span(
    span: dict[str, Any], scope: str, resource: dict[str, Any], index: int
) -> Span:
    trace_id = _hex(span.get("traceId"), 32)
    span_id = _hex(span.get("spanId"), 16)
    if not trace_id or not span_id:
        raise BadRecord(NO_ID)
    values, message_count = _attributes(span.get("attributes") or (), SPAN_NAMES)
    for event in span.get("events") or ():
        if isinstance(event, dict) and event.get("name") == COPILOT_EVENT:
            told = _attributes(event.get("attributes") or (), COPILOT_NAMES)
            values |= told[0]
    return Span(
        name=_text(span.get("name")),
        trace_id=trace_id,
        span_id=span_id,
        parent_id=_hex(span.get("parentSpanId"), 16),
        start_ns=_integer(span.get("startTimeUnixNano")),
        end_ns=_integer(span.get("endTimeUnixNano")),
        scope=scope,
        attributes=values,
        resource=resource,
        resource_index=index,
        message_count=message_count,
    )


def _log(
    record: dict[str, Any], scope: str, resource: dict[str, Any], _index: int
) -> LogRecord:
    values, _ = _attributes(record.get("attributes") or (), LOG_NAMES)
    text = _text((record.get("body") or {}).get("stringValue"))
    at = _integer(record.get("timeUnixNano"))
    return LogRecord(
        name=event_name(values, _text(record.get("eventName")), text),
        at_ns=at or _integer(record.get("observedTimeUnixNano")),
        trace_id=_hex(record.get("traceId"), 32),
        span_id=_hex(record.get("spanId"), 16),
        scope=scope,
        attributes=values,
        resource=resource,
    )


_METRIC_DATA = ("sum", "gauge", "histogram", "exponentialHistogram", "summary")


def _metric(metric: dict[str, Any], _scope: str, _resource: Any, _index: int) -> Metric:
    data: dict[str, Any] = next(
        (metric[name] for name in _METRIC_DATA if name in metric), {}
    )
    return Metric(_text(metric["name"]), len(data.get("dataPoints") or ()))


def _text(value: Any) -> str:
    """Names are looked up in tables: anything that is not text counts as absent."""
    return value if isinstance(value, str) else ""


def _attributes(pairs: Any, wanted: frozenset[str]) -> tuple[dict[str, Any], int]:
    values: dict[str, Any] = {}
    message_count = 0
    for pair in pairs:
        key = pair["key"]
        if key in wanted:
            values[key] = _value(pair.get("value"))
        elif key.startswith(MESSAGE_PREFIX) and key.endswith(MESSAGE_SUFFIX):
            message_count += pair.get("value") != {"stringValue": "system"}
    return values, message_count


def _value(value: Any) -> Any:
    """An AnyValue. An `intValue` may be a string, a missing one is None."""
    if not value:
        return None
    ((kind, content),) = value.items()
    if kind == "intValue":
        return _integer(content)
    if kind == "arrayValue":
        return [_value(item) for item in content.get("values") or ()]
    if kind == "kvlistValue":
        pairs = content.get("values") or ()
        return {pair["key"]: _value(pair.get("value")) for pair in pairs}
    return content


def _integer(value: Any) -> int:
    return int(value) if value is not None else 0


def _hex(value: Any, length: int) -> str:
    """An id in lower case; "" if it is absent. Raises BadRecord for another form."""
    if not value:
        return ""
    try:
        raw = bytes.fromhex(value)
    except (TypeError, ValueError):
        raise BadRecord(NO_ID) from None
    if len(raw) * 2 != length or not any(raw):
        raise BadRecord(NO_ID)
    return raw.hex()
