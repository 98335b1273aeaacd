"""Which session a span or event belongs to, by the first sign that there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.sources.otlp.names import SESSION
from tracker.sources.otlp.records import Attributes, LogRecord, Span
from tracker.sources.session_keys import valid_session

_MAX_ANCESTORS = 256  # a ring of parents must end, and no real trace is as deep


@dataclass(frozen=True, slots=True)
class SessionId:
    """`is_grouped_by_trace`: nothing named a session, the trace stands in for it."""

    key: str
    is_grouped_by_trace: bool = False


def span_session(span: Span, by_key: Mapping[tuple[str, str], Span]) -> SessionId:
    """The span's own attributes, else its nearest ancestor's, else its resource's.

    `by_key` holds the spans of the same request; ancestors sent in another one are
    not seen. Nothing found: the trace id.
    """
    at: Span | None = span
    for _ in range(_MAX_ANCESTORS):
        if at is None:
            break
        if found := named_session(at.attributes):
            return SessionId(found)
        at = by_key.get((at.trace_id, at.parent_id))
    if found := named_session(span.resource):
        return SessionId(found)
    return SessionId(span.trace_id, is_grouped_by_trace=True)


def log_session(record: LogRecord) -> SessionId | None:
    """The event's own attributes, else its resource's, else its trace; or None."""
    found = named_session(record.attributes) or named_session(record.resource)
    if found:
        return SessionId(found)
    if record.trace_id:
        return SessionId(record.trace_id, is_grouped_by_trace=True)
    return None


def named_session(attributes: Attributes) -> str:
    """The first of the known names that holds an id, made a valid key; "" for none."""
    for name in SESSION:
        value = attributes.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and (key := valid_session(value)):
            return key
    return ""
