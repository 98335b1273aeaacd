"""Threshold events and compressions as log records of OpenTelemetry.

Names that OpenTelemetry has are used as they are (`gen_ai.conversation.id`,
`gen_ai.request.model`); what it has none for begins with `token_budget.`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.logs.v1.logs_pb2 import (
    LogRecord,
    ResourceLogs,
    ScopeLogs,
    SeverityNumber,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tracker import __version__
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import Compression, LLMSession, Project, ThresholdEvent

Row = ThresholdEvent | Compression
Value = str | int | float | None
_SEVERITIES = {"ok": "INFO", "critical": "ERROR", "exceeded": "ERROR"}  # others: WARN


def logs_body(project: Project, rows: Iterable[Row]) -> bytes:
    """The body of one request of OTLP/HTTP, in protobuf."""
    resource = {
        "service.name": "token-budget",
        "service.version": __version__,
        "token_budget.project": project.slug,
    }
    logs = ScopeLogs(
        scope=InstrumentationScope(name="token_budget", version=__version__),
        log_records=[_record(project, row) for row in rows],
    )
    told = ResourceLogs(
        resource=Resource(attributes=_attributes(resource)), scope_logs=[logs]
    )
    return bytes(ExportLogsServiceRequest(resource_logs=[told]).SerializeToString())


def _record(project: Project, row: Row) -> LogRecord:
    if isinstance(row, ThresholdEvent):
        name, severity, text, own = _event(row)
    else:
        name, severity, text, own = _compression(row)
    session = row.session
    # The same when the record is sent again: by it a collector drops the second copy.
    uid = uuid.uuid5(uuid.NAMESPACE_OID, f"{project.created_at} {project.pk} {row.seq}")
    attributes = {
        "log.record.uid": str(uid),
        "gen_ai.conversation.id": session.key,
        "gen_ai.request.model": _model(row, session),
        "token_budget.session_title": session.title or None,
        **own,
    }
    return LogRecord(
        time_unix_nano=_nanoseconds(row.at),
        observed_time_unix_nano=_nanoseconds(timezone.now()),
        severity_number=SeverityNumber.Value(f"SEVERITY_NUMBER_{severity}"),
        severity_text=severity,
        event_name=name,
        body=AnyValue(string_value=f"{visible(session.title or session.key)}: {text}"),
        attributes=_attributes(attributes),
    )


def _model(row: Row, session: LLMSession) -> str | None:
    """An event names none: its session's."""
    return (row.model if isinstance(row, Compression) else session.model) or None


def _event(row: ThresholdEvent) -> tuple[str, str, str, dict[str, Value]]:
    text = (
        f"{row.from_level} → {row.to_level}, {row.used_tokens:,} of "
        f"{row.available_tokens:,} available tokens"
    )
    own: dict[str, Value] = {
        "token_budget.from_level": row.from_level,
        "token_budget.to_level": row.to_level,
        "token_budget.used_tokens": row.used_tokens,
        "token_budget.available_tokens": row.available_tokens,
        "token_budget.policy": row.policy_name,
    }
    severity = _SEVERITIES.get(row.to_level, "WARN")
    return "token_budget.threshold", severity, text, own


def _compression(row: Compression) -> tuple[str, str, str, dict[str, Value]]:
    own: dict[str, Value] = {
        "token_budget.compression.id": row.pk,
        "token_budget.compression.trigger": row.trigger,
        "token_budget.compression.performed_by": row.performed_by,
        "token_budget.compression.before_tokens": row.before_tokens,
        "token_budget.compression.after_tokens": row.after_tokens,
        "token_budget.compression.target_tokens": row.target_tokens,
        "token_budget.compression.score": row.score,
        "token_budget.compression.facts_lost": row.facts_lost,
        "token_budget.lane": row.lane,
    }
    is_bad = row.is_suspected or row.is_target_met is False or bool(row.facts_lost)
    text = f"compression, {row}, {row.told_by}"
    return "token_budget.compression", "WARN" if is_bad else "INFO", text, own


def _attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    return [
        KeyValue(key=key, value=_any(value))
        for key, value in values.items()
        if value is not None
    ]


def _any(value: Value) -> AnyValue:
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=str(value))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000
