"""OTLP bodies as plain records, the same from protobuf and from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Attributes = Mapping[str, Any]
Record = TypeVar("Record")


class BadRecord(ValueError):
    """One record that cannot be believed; the others of its request still count."""


@dataclass(frozen=True, slots=True)
class Span:
    """Ids are lower-case hex, `parent_id` "" at a root. Times are ns since 1970."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    scope: str
    attributes: Attributes
    resource: Attributes
    resource_index: int = 0  # which resource of the request reported it
    message_count: int = 0  # messages seen as indexed attributes, 0 if none

    @property
    def key(self) -> tuple[str, str]:
        return self.trace_id, self.span_id


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log event. `name` is its event name, "" where nothing gives one."""

    name: str
    at_ns: int
    trace_id: str
    span_id: str
    scope: str
    attributes: Attributes
    resource: Attributes


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by name only: nothing of it is counted here."""

    name: str
    points: int


@dataclass(frozen=True, slots=True)
class Decoded(Generic[Record]):
    """The records of one request, in their order, and how many were no records."""

    records: tuple[Record, ...]
    rejected: int = 0
    error_message: str = ""
