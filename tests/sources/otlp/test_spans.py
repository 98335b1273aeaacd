"""What a span's report says of its call, and which spans report none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.otlp.bodies import only, read_traces, span
from tests.sources.otlp.families import SESSION, numbers

ANSWER = json.dumps({"id": "msg_1", "content": [{"text": "id"}], "model": "m"})

USAGE = {"gen_ai.usage.input_tokens": 900}


@pytest.mark.parametrize(
    ("attributes", "name", "reason"),
    [
        ({}, "GET /", "no_usage"),
        ({"gen_ai.usage.input_tokens": 0}, "chat", "no_usage"),
        ({**USAGE, "gen_ai.operation.name": "invoke_agent"}, "run", "agent_total"),
        ({"gen_ai.aggregated_usage.input_tokens": 9}, "run", "agent_total"),
        ({**USAGE, "gen_ai.operation.name": "embeddings"}, "e", "embedding"),
        ({**USAGE, "openinference.span.kind": "EMBEDDING"}, "e", "embedding"),
        ({**USAGE, "llm.request.type": "rerank"}, "e", "embedding"),
        ({**USAGE, "gen_ai.operation.name": "aembedding"}, "e", "embedding"),
        ({**USAGE, "mlflow.spanType": '"EMBEDDING"'}, "e", "embedding"),
        ({**USAGE, "mlflow.spanType": '"AGENT"'}, "a", "not_a_model_call"),
        ({**USAGE, "openinference.span.kind": "CHAIN"}, "c", "not_a_model_call"),
        ({**USAGE, "langfuse.observation.type": "span"}, "c", "not_a_model_call"),
        ({**USAGE, "langfuse.observation.type": "embedding"}, "e", "embedding"),
        ({**USAGE, "traceloop.span.kind": "workflow"}, "w", "not_a_model_call"),
        ({**USAGE, "gen_ai.operation.name": "execute_tool"}, "t", "not_a_model_call"),
        (USAGE, "raw_gen_ai_request", "raw_request"),
        (
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.usage_details": "{}",
            },
            "g",
            "call_without_usage",
        ),
        ({"gen_ai.operation.name": "chat"}, "c", "call_without_usage"),
        ({"mlflow.spanType": '"CHAT_MODEL"'}, "c", "call_without_usage"),
        ({"openinference.span.kind": "LLM"}, "c", "call_without_usage"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(sorted(value)),
)
def test_what_is_no_call_is_ignored_with_its_reason(
    attributes: dict[str, Any], name: str, reason: str
) -> None:
    reading = read_traces(span(1, attributes, name=name))

    assert reading.reports == []
    assert reading.ignored == {reason: 1}


@pytest.mark.parametrize(
    "value", [-1, 10**12 + 1, "many", True, [1]], ids=["negative", "huge", *"tbl"]
)
def test_a_number_that_is_none_rejects_its_span_alone(value: object) -> None:
    reading = read_traces(
        span(1, {**SESSION, "gen_ai.usage.input_tokens": value}),
        span(2, {**SESSION, "gen_ai.usage.input_tokens": 10**12}),
    )

    assert only(reading).used_tokens == 10**12
    assert reading.rejected == 1
    assert "gen_ai.usage.input_tokens" in reading.error_message


@pytest.mark.parametrize(
    "raw", ["{", "[1]", "x" * 30_000, json.dumps({"input_tokens": -4}), "(" * 500]
)
def test_a_raw_usage_that_makes_no_sense_leaves_the_cache_unsaid(raw: str) -> None:
    attributes = {"gen_ai.usage.input_tokens": 900, "gen_ai.usage.raw": raw}

    assert numbers(attributes) == (900, None, None, None)


def test_a_report_says_when_and_what_and_how_it_is_known() -> None:
    attributes = {
        **SESSION,
        **USAGE,
        "gen_ai.request.model": "gpt-5",
        "gen_ai.response.model": "gpt-5-2026-08-07",
    }

    report = only(read_traces(span(1, attributes, seconds=2.5, scope="my.scope")))

    assert report.at == datetime.fromtimestamp(1_790_000_002.5, UTC)
    assert report.model == "gpt-5-2026-08-07"
    assert (report.source, report.origin, report.lane) == ("reported", "otlp", "main")
    assert report.parts.unattributed == report.parts.total == 900
    assert report.input_tokens == 900
    assert report.metadata == {"scope": "my.scope"}


def test_reports_come_in_the_order_of_time() -> None:
    first, second = (
        span(number, {**SESSION, **USAGE}, at=at) for number, at in ((1, 60), (2, 0))
    )

    reading = read_traces(first, second)

    times = [report.at for report in reading.reports]
    assert times == sorted(times)
    assert len(times) == 2


@pytest.mark.parametrize(
    ("attributes", "event_id"),
    [
        ({"gen_ai.response.id": "chatcmpl-1", "output.value": ANSWER}, "chatcmpl-1"),
        ({"output.value": ANSWER}, "msg_1"),
        ({"output.value": '{"id": 7}'}, f"span:{0xA1:032x}:{1:016x}"),
        ({"output.value": "{Paris}"}, f"span:{0xA1:032x}:{1:016x}"),
        ({"output.value": "Paris"}, f"span:{0xA1:032x}:{1:016x}"),
        ({"gen_ai.response.id": "\n"}, f"span:{0xA1:032x}:{1:016x}"),
    ],
    ids=["attribute", "in the answer", "number", "broken", "text", "blank"],
)
def test_the_event_id_is_the_providers_else_the_spans(
    attributes: dict[str, Any], event_id: str
) -> None:
    report = only(read_traces(span(1, {**SESSION, **USAGE, **attributes})))

    assert report.event_id == event_id


THREE = [{"role": "system"}, {"role": "user"}, {"role": "assistant"}]


@pytest.mark.parametrize(
    ("attributes", "count"),
    [
        ({"gen_ai.input.messages": json.dumps(THREE)}, 2),
        ({"gen_ai.input.messages": THREE}, 2),
        ({"langfuse.observation.input": json.dumps(THREE)}, 2),
        (
            {
                "llm.input_messages.0.message.role": "system",
                "llm.input_messages.0.message.content": "x",
                "llm.input_messages.1.message.role": "user",
            },
            1,
        ),
        ({"gen_ai.input.messages": "none"}, None),
        ({"gen_ai.input.messages": 7}, None),
        ({"langfuse.observation.input": json.dumps([{"x": 1}])}, None),
        ({}, None),
    ],
    ids=["json", "structured", "langfuse", "openinference", *"abcd"],
)
def test_messages_are_counted_without_the_system_prompt(
    attributes: dict[str, Any], count: int | None
) -> None:
    report = only(read_traces(span(1, {**SESSION, **USAGE, **attributes})))

    assert report.message_count == count


@pytest.mark.parametrize("name", ["gen_ai.operation.name", "llm.request.type"])
@pytest.mark.parametrize("odd", [["chat"], {"chat": 1}, 7, None])
def test_a_name_that_is_no_text_is_no_name(name: str, odd: Any) -> None:
    attributes = {"gen_ai.usage.input_tokens": 10, name: odd}

    assert numbers(attributes)[0] == 10


@pytest.mark.parametrize(
    ("attributes", "model"),
    [
        ({"mlflow.llm.model": '"gpt-5-mini"'}, "gpt-5-mini"),
        (
            {
                "gen_ai.request.model": "gemini-2.5-pro",
                "gen_ai.response.model": "the proxy's alias",
                "litellm.provider.model": "gemini/gemini-2.5-pro",
            },
            "gemini/gemini-2.5-pro",
        ),
    ],
    ids=["MLflow's quotes", "LiteLLM's alias"],
)
def test_the_model_is_the_one_that_answered(
    attributes: dict[str, Any], model: str
) -> None:
    assert only(read_traces(span(1, {**USAGE, **attributes}))).model == model


def test_mlflows_copy_of_the_answer_holds_its_id() -> None:
    attributes = {**USAGE, "mlflow.spanOutputs": ANSWER}

    assert only(read_traces(span(1, attributes))).event_id == "msg_1"
