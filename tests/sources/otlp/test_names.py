"""Each family's spans give the same four numbers, whatever it calls them."""

from __future__ import annotations

import pytest

from tests.sources.otlp.bodies import only, read_traces, span
from tests.sources.otlp.families import FAMILIES, SESSION, numbers


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_every_family_gives_input_including_cache(family: str) -> None:
    attributes, expected = FAMILIES[family]

    assert numbers(attributes) == expected


def test_a_gemini_span_of_langchainjs_has_its_model_and_thoughts() -> None:
    """@arizeai/openinference-instrumentation-langchain 4.1.1 with
    @langchain/google-genai 2.3.2, run: the model is in the metadata alone, and 8 tokens
    that were thought in the total alone.
    """
    attributes = {
        **SESSION,
        "openinference.span.kind": "LLM",
        "metadata": '{"ls_model_name": "gemini-2.5-pro"}',
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 20,
        "llm.token_count.prompt_details.cache_read": 40,
        "llm.token_count.total": 128,
    }

    report = only(read_traces(span(1, attributes)))

    assert report.model == "gemini-2.5-pro"
    assert (report.used_tokens, report.output_tokens) == (100, 28)
    other = {**attributes, "metadata": '{"ls_model_name": "grok-4"}'}
    assert only(read_traces(span(1, other))).output_tokens == 20
    unreadable = {**attributes, "metadata": "[]", "llm.model_name": ""}
    assert only(read_traces(span(1, unreadable))).model == ""


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
        ("openinference.instrumentation.agno", "Anthropic", 1500),
        ("openinference.instrumentation.agno", "OpenAI", 800),
        ("openinference.instrumentation.langchain", "anthropic", 800),
        ("agent_framework", "anthropic", 1500),
        ("agent_framework", "openai", 800),
        ("opentelemetry.instrumentation.anthropic", "anthropic", 800),
        ("com.anthropic.sdk.python", "anthropic", 800),
        # opentelemetry-instrumentation-bedrock 0.62.4 and -botocore 0.66b2, run on an
        # answer of Bedrock: the input is its inputTokens, the cache stands beside it.
        ("opentelemetry.instrumentation.bedrock", "aws.bedrock", 1500),
        ("opentelemetry.instrumentation.botocore.bedrock-runtime", "aws.bedrock", 1500),
        ("openinference.instrumentation.bedrock", "aws", 800),
    ],
)
def test_who_passes_anthropics_input_on_without_the_cache(
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
    assert (report.event_id, report.lane) == ("req_1", "agent-a1b2")
    assert report.model == "claude-opus-4-5"


def test_plain_token_names_on_other_spans_are_not_believed() -> None:
    reading = read_traces(span(1, {"input_tokens": 300, "cache_read_tokens": 600}))

    assert (reading.reports, reading.ignored) == ([], {"no_usage": 1})


def test_what_openlit_tells_apart_as_thoughts_is_output() -> None:
    attributes = {
        "gen_ai.system": "gemini",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.reasoning_tokens": 10,
    }

    assert numbers(attributes, scope="openlit.otel.tracing")[:2] == (1000, 30)
    assert numbers(attributes, scope="another")[:2] == (1000, 20)
