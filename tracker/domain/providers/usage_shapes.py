"""Where each provider's `usage` object keeps its numbers, and what input means there.

Sources: the SDKs' own types (anthropic 2.12, openai 3.54, google-genai, ai 5 and 6,
pydantic-ai 1, langchain-core 1) and recorded payloads. Some shapes leave open whether
input includes the cache; `reported_usage.whole_input` decides by the total.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsageShape:
    """The fields in which one provider reports usage. Paths use dots.

    `input` and `output` are added up. Of the cache's paths the largest number counts:
    LiteLLM's streams have `cached_tokens: 0` beside the true `cache_read_input_tokens`.
    Only this shape has the fields in `marks`. `includes_cache` is used if the total
    does not prove otherwise.
    """

    semantics: str
    input: tuple[str, ...] = ("input_tokens",)
    output: tuple[str, ...] = ("output_tokens",)
    cache_read: tuple[str, ...] = ()
    cache_creation: tuple[str, ...] = ()
    total: str = "total_tokens"
    marks: tuple[str, ...] = ()
    includes_cache: bool = True


ANTHROPIC_CACHE = ("cache_read_input_tokens", "cache_creation_input_tokens")
ANTHROPIC = UsageShape(
    semantics="anthropic",
    cache_read=("cache_read_input_tokens",),
    cache_creation=("cache_creation_input_tokens",),
    includes_cache=False,
)
OPENAI_CHAT = UsageShape(
    semantics="openai_chat",
    input=("prompt_tokens",),
    output=("completion_tokens",),
    # After OpenAI's own: LiteLLM's, DeepSeek's, Moonshot's and Together's.
    cache_read=(
        "prompt_tokens_details.cached_tokens",
        "cache_read_input_tokens",
        "prompt_cache_hit_tokens",
        "cached_tokens",
    ),
    cache_creation=(
        "prompt_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_creation_tokens",
        "cache_creation_input_tokens",
    ),
)
OPENAI_RESPONSES = UsageShape(
    semantics="openai_responses",
    cache_read=("input_tokens_details.cached_tokens",),
    cache_creation=("input_tokens_details.cache_write_tokens",),
    marks=("input_tokens_details",),
)
CODEX = UsageShape(
    semantics="codex",
    cache_read=("cached_input_tokens",),
    cache_creation=("cache_write_input_tokens",),
    marks=("cached_input_tokens", "cache_write_input_tokens"),
)
LANGCHAIN = UsageShape(
    semantics="langchain",
    cache_read=("input_token_details.cache_read",),
    cache_creation=("input_token_details.cache_creation",),
    marks=("input_token_details",),
)
PYDANTIC_AI = UsageShape(
    semantics="pydantic_ai",
    cache_read=("cache_read_tokens",),
    cache_creation=("cache_write_tokens",),
    marks=("cache_read_tokens", "cache_write_tokens"),
)
GEMINI = UsageShape(
    semantics="gemini",
    # Tokens that Google's own tools added are not included in the prompt's count.
    input=("promptTokenCount", "toolUsePromptTokenCount"),
    output=("candidatesTokenCount", "thoughtsTokenCount"),
    cache_read=("cachedContentTokenCount",),
    total="totalTokenCount",
    marks=("promptTokenCount", "toolUsePromptTokenCount"),
)
GEMINI_PYTHON = UsageShape(  # google-genai's objects as dicts
    semantics="gemini",
    input=("prompt_token_count", "tool_use_prompt_token_count"),
    output=("candidates_token_count", "thoughts_token_count"),
    cache_read=("cached_content_token_count",),
    total="total_token_count",
    marks=("prompt_token_count", "tool_use_prompt_token_count"),
)
AI_SDK_PROVIDER = UsageShape(  # LanguageModelV3: each number is an object
    semantics="ai_sdk",
    input=("inputTokens.total",),
    output=("outputTokens.total",),
    cache_read=("inputTokens.cacheRead",),
    cache_creation=("inputTokens.cacheWrite",),
    total="totalTokens",
)
AI_SDK = UsageShape(
    semantics="ai_sdk",
    input=("inputTokens",),
    output=("outputTokens",),
    cache_read=("cachedInputTokens", "inputTokenDetails.cacheReadTokens"),
    cache_creation=("inputTokenDetails.cacheWriteTokens",),
    total="totalTokens",
    marks=("cachedInputTokens", "inputTokenDetails", "reasoningTokens"),
)
AI_SDK_4 = UsageShape(
    semantics="ai_sdk",
    input=("promptTokens",),
    output=("completionTokens",),
    total="totalTokens",
    marks=("promptTokens",),
)
BEDROCK = UsageShape(
    semantics="bedrock",
    input=("inputTokens",),
    output=("outputTokens",),
    cache_read=("cacheReadInputTokens", "cacheReadInputTokenCount"),
    cache_creation=("cacheWriteInputTokens", "cacheWriteInputTokenCount"),
    total="totalTokens",
    marks=("inputTokens",),
    includes_cache=False,
)
OLLAMA = UsageShape(
    semantics="ollama",
    input=("prompt_eval_count",),
    output=("eval_count",),
    marks=("prompt_eval_count",),
)
COHERE = UsageShape(  # beside them it tells what is billed
    semantics="cohere",
    input=("tokens.input_tokens",),
    output=("tokens.output_tokens",),
    cache_read=("cached_tokens",),
    marks=("tokens", "billed_units"),
)
# In the order in which they are tried, by their marks.
MARKED = (
    OPENAI_RESPONSES,
    LANGCHAIN,
    CODEX,
    PYDANTIC_AI,
    GEMINI,
    GEMINI_PYTHON,
    AI_SDK,
    AI_SDK_4,
    BEDROCK,
    OLLAMA,
    COHERE,
)
