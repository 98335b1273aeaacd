"""A log record says what happened, by OpenTelemetry's names where it has them."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)

from tests.alerts.test_log_export import record
from tracker.alerts.log_records import logs_body
from tracker.models import Compression, Project, ThresholdEvent


def values(attributes: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}


def test_an_event_and_a_compression_are_told_in_full(project: Project) -> None:
    record(project)
    record(project, kind="compression")
    rows = [ThresholdEvent.objects.get(), Compression.objects.get()]

    (logs,) = ExportLogsServiceRequest.FromString(
        logs_body(project, rows)
    ).resource_logs

    resource = values(logs.resource.attributes)
    assert resource["service.name"] == "token-budget"
    assert resource["token_budget.project"] == "default"
    event, compression = logs.scope_logs[0].log_records
    assert (event.event_name, event.severity_text) == (
        "token_budget.threshold",
        "ERROR",
    )
    assert event.time_unix_nano == int(rows[0].at.timestamp() * 1e6) * 1000
    assert event.body.string_value == (
        "chat-1: ok → critical, 190,000 of 196,000 available tokens"
    )
    told = values(event.attributes)
    assert told["gen_ai.conversation.id"] == "chat-1"
    assert told["gen_ai.request.model"] == "claude-opus-4-5"
    assert told["token_budget.to_level"] == "critical"
    assert told["token_budget.used_tokens"] == 190_000
    assert "token_budget.session_title" not in told  # it has none

    assert (compression.event_name, compression.severity_text) == (
        "token_budget.compression",
        "WARN",  # facts were lost
    )
    told = values(compression.attributes)
    assert told["gen_ai.request.model"] == "gpt-5"
    assert told["token_budget.compression.after_tokens"] == 40_000
    assert told["token_budget.compression.facts_lost"] == 2
    assert "token_budget.compression.score" not in told  # it has none
