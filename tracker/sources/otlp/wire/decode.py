"""Which decoder reads a body: protobuf or JSON, by its content type."""

from __future__ import annotations

from tracker.sources.body_errors import SourceError
from tracker.sources.otlp.wire import from_json, from_protobuf
from tracker.sources.otlp.wire.records import Decoded, LogRecord, Metric, Span

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def is_json(content_type: str) -> bool:
    """Whether a body of this type is OTLP/JSON; False means protobuf.

    Raises SourceError 415 for any other type. Parameters and case do not matter.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return True
    if kind in (PROTOBUF, "application/protobuf"):
        return False
    raise SourceError(
        415, f"content type {kind!r} is not OTLP: send {PROTOBUF} or {JSON}"
    )


def decode_spans(body: bytes, content_type: str) -> Decoded[Span]:
    if is_json(content_type):
        return from_json.spans(body)
    return from_protobuf.spans(body)


def decode_logs(body: bytes, content_type: str) -> Decoded[LogRecord]:
    if is_json(content_type):
        return from_json.logs(body)
    return from_protobuf.logs(body)


def decode_metrics(body: bytes, content_type: str) -> Decoded[Metric]:
    if is_json(content_type):
        return from_json.metrics(body)
    return from_protobuf.metrics(body)
