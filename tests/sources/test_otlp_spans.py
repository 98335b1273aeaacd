"""Each family's spans give the same four numbers, whatever it calls them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.otlp_bodies import only, read_traces, span

SESSION = {"session.id": "chat-1"}
ANSWER = json.dumps({"id": "msg_1", "content": [{"text": "id"}], "model": "m"})


def numbers(attributes: dict[str, Any], **more: Any) -> tuple[int | None, ...]:
    report = only(read_traces(span(1, {**SESSION, **attributes}, **more)))
    return (
        report.used_tokens,
        report.output_tokens,
        report.cache_read_tokens,
        report.cache_creation_tokens,
    )


FAMILIES = {
    "the convention's current names": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.cache_creation.input_tokens": 100,
        },
        (1000, 30, 600, 100),
    ),
    "the convention's first names": (
        {"gen_ai.usage.prompt_tokens": 1000, "gen_ai.usage.completion_tokens": 30},
        (1000, 30, None, None),
    ),
    "Traceloop before the convention": (
        {
            "llm.usage.prompt_tokens": 1000,
            "llm.usage.completion_tokens": 30,
            "gen_ai.usage.cache_read_input_tokens": 600,
            "gen_ai.usage.cache_creation_input_tokens": 100,
            "llm.request.type": "chat",
        },
        (1000, 30, 600, 100),
    ),
    "OpenInference": (
        {
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": 1000,
            "llm.token_count.completion": 30,
            "llm.token_count.prompt_details.cache_read": 600,
            "llm.token_count.prompt_details.cache_write": 100,
        },
        (1000, 30, 600, 100),
    ),
    "the Anthropic SDK": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.cache_write.input_tokens": 100,
        },
        (1000, 30, 600, 100),
    ),
    "Logfire, whose cache stands in the raw usage": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.raw": json.dumps(
                {
                    "input_tokens": 300,
                    "cache_read_input_tokens": 600,
                    "cache_creation_input_tokens": 100,
                    "output_tokens": 30,
                }
            ),
        },
        (1000, 30, 600, 100),
    ),
    "LiteLLM, whose cache stands in a Python repr": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "metadata.usage_object": repr(
                {
                    "prompt_tokens": 1000,
                    "completion_tokens": 30,
                    "prompt_tokens_details": {"cached_tokens": 600},
                    "cache_creation_input_tokens": 100,
                    "speed": None,
                }
            ),
        },
        (1000, 30, 600, 100),
    ),
    "Langfuse with OpenAI's keys": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "prompt_tokens": 1000,
                    "completion_tokens": 30,
                    "total_tokens": 1030,
                    "prompt_tokens_details": {"cached_tokens": 600},
                }
            ),
        },
        (1000, 30, 600, 0),
    ),
    "Langfuse with its own keys": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "input": 300,
                    "output": 30,
                    "cache_read_input_tokens": 600,
                    "cache_creation_input_tokens": 100,
                }
            ),
        },
        (1000, 30, 600, 100),
    ),
    "numbers as strings and doubles": (
        {"gen_ai.usage.input_tokens": "1000", "gen_ai.usage.output_tokens": 30.0},
        (1000, 30, None, None),
    ),
}


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_every_family_gives_input_including_cache(family: str) -> None:
    attributes, expected = FAMILIES[family]

    assert numbers(attributes) == expected


EXCLUDING = {
    "gen_ai.usage.input_tokens": 800,
    "gen_ai.usage.cache_read.input_tokens": 600,
    "gen_ai.usage.cache_creation.input_tokens": 100,
}


@pytest.mark.parametrize(
    ("scope", "provider", "used"),
    [
        ("openlit.otel.tracing", "anthropic", 1500),
        ("openlit.otel.tracing", "openai", 800),
        ("opentelemetry.instrumentation.anthropic", "anthropic", 800),
        ("com.anthropic.sdk.python", "anthropic", 800),
    ],
)
def test_openlit_passes_anthropics_input_on_without_the_cache(
    scope: str, provider: str, used: int
) -> None:
    attributes = {**EXCLUDING, "gen_ai.provider.name": provider}

    assert numbers(attributes, scope=scope)[0] == used


def test_openlit_is_known_by_its_sdk_name_too() -> None:
    attributes = {
        **EXCLUDING,
        "gen_ai.system": "anthropic",
        "telemetry.sdk.name": "openlit",
    }

    assert numbers(attributes, scope="__main__")[0] == 1500


@pytest.mark.parametrize(("cached", "used"), [(10, 10), (11, 21)])
def test_a_cache_larger_than_the_input_proves_that_it_is_excluded(
    cached: int, used: int
) -> None:
    attributes = {
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": cached,
    }

    assert numbers(attributes)[0] == used


def test_a_span_of_claude_code_has_short_names_and_excludes_the_cache() -> None:
    attributes = {
        **SESSION,
        "model": "claude-opus-4-5",
        "input_tokens": "300",
        "output_tokens": "30",
        "cache_read_tokens": 600,
        "cache_creation_tokens": 100,
        "gen_ai.response.id": "req_1",
        "agent_id": "a1b2",
    }

    report = only(read_traces(span(1, attributes, name="claude_code.llm_request")))

    assert (report.used_tokens, report.output_tokens) == (1000, 30)
    assert (report.event_id, report.lane) == ("req_1", "a1b2")
    assert report.model == "claude-opus-4-5"


def test_plain_token_names_on_other_spans_are_not_believed() -> None:
    reading = read_traces(span(1, {"input_tokens": 300, "cache_read_tokens": 600}))

    assert (reading.reports, reading.ignored) == ([], {"no_usage": 1})


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
            "no_usage",
        ),
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
