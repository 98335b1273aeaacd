"""Qwen Code and Copilot tell the window they work with; others tell none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sources.otlp.bodies import PROTOBUF, SECOND, START
from tracker.domain.reports import UsageReport
from tracker.sources.otlp import read_otlp

QWEN = "qwen-code.context.usage"
TOLD = {"window_size_tokens": 1_000_000, "compaction_reserve_tokens": 150_000}


def text(value: str) -> dict[str, str]:
    return {"stringValue": value}


def call(number: int, parent: int = 0, **more: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": text("chat"),
        "gen_ai.request.model": text("gpt-5.5"),
        "gen_ai.conversation.id": text("c"),
        "gen_ai.usage.input_tokens": {"intValue": "9000"},
    }
    return span(number, attributes | more, parent)


def span(
    number: int, attributes: dict[str, Any], parent: int = 0, **more: Any
) -> dict[str, Any]:
    made = {
        "traceId": "a" * 32,
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + number * SECOND),
        "attributes": [{"key": k, "value": v} for k, v in attributes.items()],
        **more,
    }
    return made | ({"parentSpanId": f"{parent:016x}"} if parent else {})


def read(*spans: dict[str, Any], protobuf: bool = False) -> list[UsageReport]:
    body = {
        "resourceSpans": [
            {"scopeSpans": [{"scope": {"name": "t"}, "spans": list(spans)}]}
        ]
    }
    if not protobuf:
        found = read_otlp(
            "traces", json.dumps(body).encode(), content_type="application/json"
        )
    else:
        found = read_otlp("traces", as_protobuf(body), content_type=PROTOBUF)
    return [r for r in found.reports if isinstance(r, UsageReport)]


def as_protobuf(body: dict[str, Any]) -> bytes:
    import base64

    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
    )

    for each in body["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in each:
                each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
    request = json_format.ParseDict(body, ExportTraceServiceRequest())
    return bytes(request.SerializeToString())


def told(report: UsageReport) -> tuple[int | None, str, int | None]:
    return report.window_tokens, report.window_source, report.compact_at_tokens


def test_qwen_code_tells_its_window_and_its_reserve() -> None:
    (report,) = read(call(1, **{QWEN: text(json.dumps(TOLD))}))

    assert told(report) == (1_000_000, "client", 850_000)


@pytest.mark.parametrize(
    "usage",
    ["", "{", "[]", "{}", '{"window_size_tokens": -5}', '{"window_size_tokens": "x"}'],
)
def test_what_is_no_such_object_tells_nothing(usage: str) -> None:
    (report,) = read(call(1, **{QWEN: text(usage)}))

    assert told(report) == (None, "", None)


def test_a_reserve_as_large_as_the_window_is_no_trigger() -> None:
    usage = json.dumps(TOLD | {"compaction_reserve_tokens": 1_000_000})

    (report,) = read(call(1, **{QWEN: text(usage)}))

    assert told(report) == (1_000_000, "client", None)


LIMIT = {"key": "github.copilot.token_limit", "value": {"intValue": "168000"}}
USAGE_INFO = {"name": "github.copilot.session.usage_info", "attributes": [LIMIT]}


@pytest.mark.parametrize("protobuf", [False, True])
def test_copilot_s_agent_tells_the_limit_of_its_calls(protobuf: bool) -> None:
    agent = span(
        9, {"gen_ai.operation.name": text("invoke_agent")}, events=[USAGE_INFO]
    )

    reports = read(call(1, parent=9), agent, call(2), protobuf=protobuf)

    assert [told(r) for r in reports] == [(168_000, "client", None), (None, "", None)]


@pytest.mark.parametrize("events", [["x"], [{"name": 5}], [{}], None])
def test_odd_events_lose_no_call(events: Any) -> None:
    assert len(read(call(1) | {"events": events})) == 1
