"""One call as each family of instrumentors names it, and the four numbers it gives."""

from __future__ import annotations

import json
from typing import Any

from tests.sources.otlp.bodies import only, read_traces, span

SESSION = {"session.id": "chat-1"}
RAW = {  # Anthropic's own object: the input without the cache
    "input_tokens": 300,
    "cache_read_input_tokens": 600,
    "cache_creation_input_tokens": 100,
    "output_tokens": 30,
}
GOOGLE = {
    "usageMetadata": {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 30,
        "cachedContentTokenCount": 40,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 8,
        "totalTokenCount": 158,
    }
}


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
            "gen_ai.usage.raw": json.dumps(RAW),
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
    "Langfuse, whose input and output both exclude their details": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "input": 300,
                    "input_cache_read": 600,
                    "input_cache_creation": 70,
                    "input_audio": 30,
                    "output": 20,
                    "output_reasoning": 10,
                    "total": 1030,
                }
            ),
        },
        (1000, 30, 600, 70),
    ),
    "Langfuse, whose total says that the details are inside": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "input": 1000,
                    "input_cached_tokens": 600,
                    "output": 30,
                    "output_reasoning_tokens": 10,
                    "total": 1030,
                }
            ),
        },
        (1000, 30, 600, None),
    ),
    "MLflow, a JSON object with the cache inside": (
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.chat.tokenUsage": json.dumps(
                {
                    "input_tokens": 1000,
                    "output_tokens": 30,
                    "total_tokens": 1030,
                    "cache_read_input_tokens": 600,
                    "cache_creation_input_tokens": 100,
                }
            ),
        },
        (1000, 30, 600, 100),
    ),
    "AI SDK 5 with Anthropic, the cache in the provider's metadata alone": (
        {
            "ai.model.provider": "anthropic.messages",
            "ai.response.providerMetadata": json.dumps({"anthropic": {"usage": RAW}}),
            "gen_ai.usage.input_tokens": 300,
            "gen_ai.usage.output_tokens": 30,
        },
        (1000, 30, 600, 100),
    ),
    "AI SDK 6 with Anthropic, where the input includes the cache": (
        {
            "ai.model.provider": "anthropic.messages",
            "ai.response.providerMetadata": json.dumps({"anthropic": {"usage": RAW}}),
            "ai.usage.cachedInputTokens": 600,
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
        },
        (1000, 30, 600, 100),
    ),
    # ai 6.0.326 with @ai-sdk/google 3.0.141, run: input 100 of 130, total 120 of 158.
    "AI SDK 6 with Google, whose tools' prompt is in the metadata alone": (
        {
            "ai.model.provider": "google.generative-ai",
            "ai.response.providerMetadata": json.dumps({"google": GOOGLE}),
            "ai.usage.cachedInputTokens": 40,
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 28,
        },
        (130, 28, 40, 0),
    ),
    # opentelemetry-instrumentation-google-generativeai 0.62.4, run on an answer of 100
    # prompt, 20 candidates' and 8 thoughts' tokens.
    "Traceloop with Gemini, whose thoughts are in the total alone": (
        {
            "gen_ai.provider.name": "gcp.gen_ai",
            "gen_ai.response.model": "gemini-2.5-pro",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 40,
            "gen_ai.usage.total_tokens": 128,
        },
        (100, 28, 40, None),
    ),
    "AI SDK 6, the cache in details": (
        {
            "ai.model.provider": "amazon-bedrock",
            "ai.usage.inputTokenDetails.cacheReadTokens": 600,
            "ai.usage.inputTokenDetails.cacheWriteTokens": 100,
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
        },
        (1000, 30, 600, 100),
    ),
    "AI SDK 5 with Bedrock, the cache beside the input": (
        {
            "ai.model.provider": "amazon-bedrock",
            "ai.usage.cachedInputTokens": 400,
            "gen_ai.usage.input_tokens": 600,
            "gen_ai.usage.output_tokens": 30,
        },
        (1000, 30, 400, None),
    ),
    "AI SDK with OpenAI, the cache inside": (
        {
            "ai.model.provider": "openai.responses",
            "ai.usage.cachedInputTokens": 600,
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
        },
        (1000, 30, 600, None),
    ),
    "pydantic-ai, the cache in details": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.details.cache_read_tokens": 600,
            "gen_ai.usage.details.cache_write_tokens": 100,
        },
        (1000, 30, 600, 100),
    ),
    "LangSmith, the details as a Python repr": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.input_token_details": repr(
                {"cache_read": 600, "cache_creation": 100}
            ),
        },
        (1000, 30, 600, 100),
    ),
    "LangSmith's runs of LangChain, the usage as JSON": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "langsmith.metadata.usage_metadata": json.dumps(
                {
                    "input_tokens": 1000,
                    "output_tokens": 30,
                    "total_tokens": 1030,
                    "input_token_details": {"cache_read": 600, "cache_creation": 100},
                }
            ),
        },
        (1000, 30, 600, 100),
    ),
    "a zero under one name beside the number under another": (
        {
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.cache_creation.input_tokens": 0,
            "gen_ai.usage.cache_write.input_tokens": 100,
        },
        (1000, 30, 600, 100),
    ),
    "a total that proves the cache to be beside the input": (
        {
            "gen_ai.usage.input_tokens": 700,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.total_tokens": 1030,
            "gen_ai.usage.cache_read.input_tokens": 300,
        },
        (1000, 30, 300, None),
    ),
    "numbers as strings and doubles": (
        {"gen_ai.usage.input_tokens": "1000", "gen_ai.usage.output_tokens": 30.0},
        (1000, 30, None, None),
    ),
}
