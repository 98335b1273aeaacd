"""The attribute names of every family of clients: which one says what.

The first name of a tuple that is present wins, but for the cache. Attributes named
nowhere here are not even decoded: most of a span is conversation text.
"""

from __future__ import annotations

from tracker.sources.session_names import METADATA, SESSION

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
TOTAL = ("gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens")
# Of these the largest number counts: several programs say 0 under one name beside the
# true number under another.
CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
    "gen_ai.usage.details.cache_read_tokens",  # pydantic-ai
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cached_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.cachedInputTokens",  # AI SDK
    "ai.usage.inputTokenDetails.cacheReadTokens",
)
CACHE_CREATION = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",  # the Anthropic SDK's own spans
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
)
# Clients that report their window: Qwen Code (JSON), Copilot in an event of its span.
QWEN_USAGE = "qwen-code.context.usage"
COPILOT_EVENT = "github.copilot.session.usage_info"
COPILOT_LIMIT = "github.copilot.token_limit"
COPILOT_NAMES = frozenset((COPILOT_LIMIT,))
REASONING = "gen_ai.usage.reasoning_tokens"
# Provider usage objects kept whole: JSON (Logfire, LangSmith's LangChain runs), a
# Python repr (LiteLLM).
RAW_USAGE = (
    "gen_ai.usage.raw",
    "metadata.usage_object",
    "langsmith.metadata.usage_metadata",
)
LANGSMITH_DETAILS = "gen_ai.usage.input_token_details"  # a Python repr
AI_SDK_METADATA = "ai.response.providerMetadata"  # JSON: the provider's own usage
AI_SDK_DETAILS = (  # from version 6 on
    "ai.usage.inputTokenDetails.noCacheTokens",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
)
AI_SDK_PROVIDER = "ai.model.provider"
MLFLOW_USAGE = "mlflow.chat.tokenUsage"  # JSON, the cache inside
MLFLOW_TYPE = "mlflow.spanType"  # JSON, as all that MLflow writes
LANGFUSE_USAGE = "langfuse.observation.usage_details"
LANGFUSE_TYPE = "langfuse.observation.type"
OPENINFERENCE_KIND = "openinference.span.kind"
TRACELOOP_KIND = "traceloop.span.kind"
TRACELOOP_REQUEST = "llm.request.type"
OPERATION = "gen_ai.operation.name"
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
AGGREGATED = "gen_ai.aggregated_usage.input_tokens"  # pydantic-ai's agent totals
MODEL = (
    "litellm.provider.model",  # its response model is the proxy's alias
    "gen_ai.response.model",
    "llm.model_name",
    "mlflow.llm.model",
    "langfuse.observation.model.name",
    "gen_ai.request.model",
    "llm.request.model_name",
    "model",
)
RESPONSE_ID = "gen_ai.response.id"
MESSAGES = ("gen_ai.input.messages", "langfuse.observation.input")
# The whole answer, which holds its id: OpenInference's and MLflow's.
ANSWERS = ("output.value", "mlflow.spanOutputs")
# Claude Code's spans and events; inputs here exclude the cache.
CLAUDE_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_tokens",
)
CLAUDE_LANE = ("agent_id", "agent.name", "query_source", "query_source_safe")
AGENT_NAME = (
    "gen_ai.agent.name",
    "agent.name",  # OpenInference
    "langfuse.observation.metadata.lc_agent_name",
    "agent_name",  # Logfire's turns of the Agents SDK
)
AGENT_ID = "gen_ai.agent.id"
COPILOT_INITIATOR = "github.copilot.initiator"
QWEN_LANE = ("subagent_name", "qwen-code.prompt_id")
SDK_NAME = "telemetry.sdk.name"
SERVICE = "service.name"

CODEX_SPAWNED = ("receiver_thread_id", "sender_thread_id")  # the new thread, and whose

OWN_SESSION = "session.id"  # under which a remembered span keeps its session
# What says where a call belongs, beside the names of sessions.
PLACING = frozenset(
    (
        *CLAUDE_LANE,
        *AGENT_NAME,
        AGENT_ID,
        COPILOT_INITIATOR,
        COPILOT_LIMIT,
        *QWEN_LANE,
        OPENINFERENCE_KIND,
        OPERATION,
    )
)

SPAN_NAMES = frozenset(
    (
        QWEN_USAGE,
        *INPUT,
        *OUTPUT,
        *CACHE_READ,
        *CACHE_CREATION,
        *TOTAL,
        *RAW_USAGE,
        REASONING,
        LANGSMITH_DETAILS,
        AI_SDK_METADATA,
        *AI_SDK_DETAILS,
        AI_SDK_PROVIDER,
        MLFLOW_USAGE,
        MLFLOW_TYPE,
        *PROVIDER,
        *MODEL,
        *SESSION,
        *CLAUDE_USAGE,
        *METADATA,
        *CLAUDE_LANE,
        *AGENT_NAME,
        AGENT_ID,
        COPILOT_INITIATOR,
        *QWEN_LANE,
        *MESSAGES,
        LANGFUSE_USAGE,
        LANGFUSE_TYPE,
        OPENINFERENCE_KIND,
        TRACELOOP_KIND,
        TRACELOOP_REQUEST,
        OPERATION,
        AGGREGATED,
        RESPONSE_ID,
        *ANSWERS,
        SDK_NAME,
    )
)
LOG_NAMES = SPAN_NAMES | {
    *CODEX_SPAWNED,
    "kind",
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
    "tool_token_count",
    "total_token_count",
    "response_id",
    "prompt_id",
    "role",
}
# Whose a session is: our word, and the resource attributes that say it, the first that
# is there.
LABELS = {
    "team": ("team", "team.id", "team.name"),
    "department": ("department",),
    "cost_center": ("cost_center", "cost.center"),
    "user": ("user", "user.name", "user.email", "user.id", "enduser.id"),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "repository": ("vcs.repository.name",),
    "branch": ("vcs.ref.head.name",),
}
LABEL_NAMES = tuple(name for names in LABELS.values() for name in names)
RESOURCE_NAMES = frozenset((*SESSION, *METADATA, SDK_NAME, SERVICE, *LABEL_NAMES))
# Indexed attributes: one `…N.message.role` for each message sent.
MESSAGE_PREFIX = "llm.input_messages."
MESSAGE_SUFFIX = ".message.role"
