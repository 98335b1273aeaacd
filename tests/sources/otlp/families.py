"""One call as each family of instrumentors names it, and the four numbers it gives."""

from __future__ import annotations

import json
from typing import Any

from tests.sources.otlp.bodies import only, read_traces, span

SESSION = {"session.id": "chat-1"}


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
