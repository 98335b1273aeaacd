"""Which session a span or event belongs to, by the first sign that there is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tracker.sources.otlp.wire.records import Attributes, LogRecord, Span
from tracker.sources.session_keys import valid_session
from tracker.sources.session_names import METADATA, METADATA_KEYS, SESSION

_ANSWER = "resp_"  # an id of OpenAI's answers; its conversations are `conv_…`


@dataclass(frozen=True, slots=True)
class SessionId:
    """`is_grouped_by_trace`: no attribute named a session, the trace's id is used."""

    key: str
    is_grouped_by_trace: bool = False


def span_session(span: Span, lineage: Iterable[Span]) -> SessionId:
    """The first of `lineage`, the span and its ancestors, that names a session, else
    its resource. Nothing found: the trace id.
    """
    for at in lineage:
        if found := named_session(at.attributes):
            return SessionId(found)
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
        if value is None or (name == SESSION[0] and _is_answer(value)):
            continue
        if key := _key(value):
            return key
    for name in METADATA:
        if key := _inside(attributes.get(name)):
            return key
    return ""


def _key(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    return valid_session(value.strip('"'))


def _is_answer(value: Any) -> bool:
    """agent-framework names the previous answer as the conversation: each call would
    be a session of its own.
    """
    return isinstance(value, str) and value.startswith(_ANSWER)


def _inside(value: Any) -> str:
    """The id in an object of metadata, or in one that was written as JSON."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return ""
    if not isinstance(value, Mapping):
        return ""
    found = (_key(value[name]) for name in METADATA_KEYS if name in value)
    return next(filter(None, found), "")
