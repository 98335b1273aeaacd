"""Where each provider's `usage` object keeps its numbers, and what input means there.

Source: the SDKs' own types (anthropic 2.12, openai 3.54) and recorded payloads.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsageShape:
    """Where one provider puts its numbers. Paths use dots, the first non-null wins."""

    semantics: str
    input: str
    output: tuple[str, ...]  # added up
    cache_read: tuple[str, ...]
    cache_creation: tuple[str, ...]
    includes_cache: bool = True


ANTHROPIC = UsageShape(
    semantics="anthropic",
    input="input_tokens",
    output=("output_tokens",),
    cache_read=("cache_read_input_tokens",),
    cache_creation=("cache_creation_input_tokens",),
    includes_cache=False,
)
OPENAI_CHAT = UsageShape(
    semantics="openai_chat",
    input="prompt_tokens",
    output=("completion_tokens",),
    # The second and third are LiteLLM's and DeepSeek's; both count them as prompt.
    cache_read=(
        "prompt_tokens_details.cached_tokens",
        "cache_read_input_tokens",
        "prompt_cache_hit_tokens",
    ),
    cache_creation=(
        "prompt_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_creation_tokens",
        "cache_creation_input_tokens",
    ),
)
OPENAI_RESPONSES = UsageShape(
    semantics="openai_responses",
    input="input_tokens",
    output=("output_tokens",),
    cache_read=("input_tokens_details.cached_tokens",),
    cache_creation=("input_tokens_details.cache_write_tokens",),
)
CODEX = UsageShape(
    semantics="codex",
    input="input_tokens",
    output=("output_tokens",),
    cache_read=("cached_input_tokens",),
    cache_creation=("cache_write_input_tokens",),
)
LANGCHAIN = UsageShape(
    semantics="langchain",
    input="input_tokens",
    output=("output_tokens",),
    cache_read=("input_token_details.cache_read",),
    cache_creation=("input_token_details.cache_creation",),
)
GEMINI = UsageShape(
    semantics="gemini",
    input="promptTokenCount",
    output=("candidatesTokenCount", "thoughtsTokenCount"),
    cache_read=("cachedContentTokenCount",),
    cache_creation=(),
)
BEDROCK = UsageShape(
    semantics="bedrock",
    input="inputTokens",
    output=("outputTokens",),
    cache_read=("cacheReadInputTokens",),
    cache_creation=("cacheWriteInputTokens",),
    includes_cache=False,
)
