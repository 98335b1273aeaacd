"""The attribute names of every family of clients: which one says what.

The first name of a tuple that is present wins. Attributes named nowhere here are not
even decoded: most of a span is conversation text.
"""

from __future__ import annotations

INPUT = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",  # the convention's earlier name
    "llm.token_count.prompt",  # OpenInference
    "llm.usage.prompt_tokens",  # Traceloop before the convention
)
OUTPUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
)
CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
    "llm.token_count.prompt_details.cache_read",
)
CACHE_CREATION = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",  # the Anthropic SDK's own spans
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "llm.token_count.prompt_details.cache_write",
)
# Provider usage objects kept whole: JSON (Logfire), a Python repr (LiteLLM).
RAW_USAGE = ("gen_ai.usage.raw", "metadata.usage_object")
LANGFUSE_USAGE = "langfuse.observation.usage_details"
LANGFUSE_TYPE = "langfuse.observation.type"
OPENINFERENCE_KIND = "openinference.span.kind"
TRACELOOP_KIND = "traceloop.span.kind"
TRACELOOP_REQUEST = "llm.request.type"
OPERATION = "gen_ai.operation.name"
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
AGGREGATED = "gen_ai.aggregated_usage.input_tokens"  # pydantic-ai's agent totals
MODEL = (
    "gen_ai.response.model",
    "llm.model_name",
    "langfuse.observation.model.name",
    "gen_ai.request.model",
    "llm.request.model_name",
    "model",
)
RESPONSE_ID = "gen_ai.response.id"
MESSAGES = ("gen_ai.input.messages", "langfuse.observation.input")
OUTPUT_VALUE = "output.value"  # OpenInference: the whole answer, holds its id
SESSION = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.chat_id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.thread_id",
    "conversation.id",
)
# Claude Code's spans and events; inputs here exclude the cache.
CLAUDE_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_tokens",
)
CLAUDE_LANE = ("agent_id", "agent.name", "query_source", "query_source_safe")
SDK_NAME = "telemetry.sdk.name"
SERVICE = "service.name"

SPAN_NAMES = frozenset(
    (
        *INPUT,
        *OUTPUT,
        *CACHE_READ,
        *CACHE_CREATION,
        *RAW_USAGE,
        *PROVIDER,
        *MODEL,
        *SESSION,
        *CLAUDE_USAGE,
        *CLAUDE_LANE,
        *MESSAGES,
        LANGFUSE_USAGE,
        LANGFUSE_TYPE,
        OPENINFERENCE_KIND,
        TRACELOOP_KIND,
        TRACELOOP_REQUEST,
        OPERATION,
        AGGREGATED,
        RESPONSE_ID,
        OUTPUT_VALUE,
        SDK_NAME,
    )
)
LOG_NAMES = SPAN_NAMES | {
    "event.name",
    "event.kind",
    "event.sequence",
    "event.timestamp",
    "request_id",
    "trigger",
    "success",
    "pre_tokens",
    "post_tokens",
    "input_token_count",
    "output_token_count",
    "thoughts_token_count",
    "cached_token_count",
    "cache_write_token_count",
    "cached_content_token_count",
    "role",
}
RESOURCE_NAMES = frozenset((*SESSION, SDK_NAME, SERVICE))
# Indexed attributes: one `…N.message.role` for each message sent.
MESSAGE_PREFIX = "llm.input_messages."
MESSAGE_SUFFIX = ".message.role"
