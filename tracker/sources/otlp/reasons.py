"""Why a span, event or metric was not counted, in words for a person."""

from __future__ import annotations

from tracker.sources.otlp.silent_clients import SILENT_CLIENTS, silent_client

NO_USAGE = "no_usage"
CALL_WITHOUT_USAGE = "call_without_usage"
AGENT_TOTAL = "agent_total"
NOT_A_MODEL_CALL = "not_a_model_call"
EMBEDDING = "embedding"
RAW_REQUEST = "raw_request"
SAME_RESPONSE = "same_response"
INSIDE_COUNTED_SPAN = "inside_counted_span"
SDK_TWIN = "sdk_twin"
OTHER_EVENT = "other_event"
NO_SESSION = "no_session"
COMPACTION_FAILED = "compaction_failed"
COMPACTION_WITHOUT_NUMBERS = "compaction_without_numbers"
SAME_CALL_AS_EVENT = "same_call_as_event"
METRIC = "metric"

REASONS = {
    NO_USAGE: "says nothing of tokens (HTTP, tools, streaming starts)",
    CALL_WITHOUT_USAGE: "a model call that tells no tokens: ask for the usage of "
    "streams (include_usage), or instrument the provider's SDK too",
    AGENT_TOTAL: "an agent's total over several calls, each counted by itself",
    NOT_A_MODEL_CALL: "a chain, tool, retriever or other step that calls no model",
    EMBEDDING: "an embedding or reranking fills no context window",
    RAW_REQUEST: "LiteLLM's copy of the request it reports anyway",
    SAME_RESPONSE: "another span of the same response is counted",
    INSIDE_COUNTED_SPAN: "the span around it reports the same call",
    SDK_TWIN: "the Anthropic SDK's own span of a call that an instrumentor reports",
    OTHER_EVENT: "an event that reports no model call (hooks, prompts, tool results)",
    NO_SESSION: "neither a session nor a trace to group it by",
    COMPACTION_FAILED: "a compaction that failed changed nothing",
    COMPACTION_WITHOUT_NUMBERS: "a compaction that says no tokens",
    SAME_CALL_AS_EVENT: "a second event of a call that another event reports",
    METRIC: "metrics only add up what logs and spans carry for each call",
    **{f"{CALL_WITHOUT_USAGE}:{c.slug}": c.sentence for c in SILENT_CLIENTS},
}


def call_without_usage(scope: str) -> str:
    """The reason for a model call without tokens, with the client if it is known."""
    client = silent_client(scope)
    return f"{CALL_WITHOUT_USAGE}:{client.slug}" if client else CALL_WITHOUT_USAGE
