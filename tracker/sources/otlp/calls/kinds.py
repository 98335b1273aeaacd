"""Which spans are never one model call, by what they say of their kind."""

from __future__ import annotations

from tracker.sources.otlp import names, reasons
from tracker.sources.otlp.calls.texts import first_text, unquoted
from tracker.sources.otlp.wire.records import Attributes, Span

_LITELLM_COPY = "raw_gen_ai_request"


_AGENTS = frozenset(("invoke_agent", "create_agent", "invoke_workflow"))


_EMBEDDINGS = frozenset(("embeddings", "embedding", "rerank", "reranker"))


_CALLS = frozenset(
    ("chat", "generate_content", "text_completion", "llm", "generation", "chat_model")
)


_MLFLOW_CALLS = ("chat_model", "llm")


_STEPS = frozenset(("execute_tool", "retrieval"))


def says_call(attributes: Attributes) -> bool:
    """Whether a span without tokens says that it is a model call all the same."""
    kinds = (names.OPERATION, names.OPENINFERENCE_KIND, names.LANGFUSE_TYPE)
    told = {first_text(attributes, (kind,)).lower() for kind in kinds}
    told.add(unquoted(first_text(attributes, (names.MLFLOW_TYPE,))).lower())
    return bool(told & _CALLS)


def reason_by_kind(span: Span) -> str:
    """Why a span of this kind is never one call; "" for all that may be one."""
    attributes = span.attributes
    if span.name == _LITELLM_COPY:
        return reasons.RAW_REQUEST
    # Texts alone: a list is no name, and no member of a set.
    operation = first_text(attributes, (names.OPERATION,))
    if operation in _AGENTS or names.AGGREGATED in attributes:
        return reasons.AGENT_TOTAL
    request = first_text(attributes, (names.TRACELOOP_REQUEST,))
    if _is_embedding(operation) or _is_embedding(request):
        return reasons.EMBEDDING
    kinds = (
        (attributes.get(names.LANGFUSE_TYPE), "generation"),
        (attributes.get(names.OPENINFERENCE_KIND), "llm"),
    )
    for kind, call in kinds:
        if isinstance(kind, str) and kind.lower() != call:
            is_embedding = kind.lower() in _EMBEDDINGS
            return reasons.EMBEDDING if is_embedding else reasons.NOT_A_MODEL_CALL
    mlflow_type = unquoted(first_text(attributes, (names.MLFLOW_TYPE,))).lower()
    if mlflow_type and mlflow_type not in _MLFLOW_CALLS:
        is_embedding = _is_embedding(mlflow_type)
        return reasons.EMBEDDING if is_embedding else reasons.NOT_A_MODEL_CALL
    if operation in _STEPS or names.TRACELOOP_KIND in attributes:
        return reasons.NOT_A_MODEL_CALL
    return ""


def _is_embedding(operation: str) -> bool:
    """LiteLLM's asynchronous operations have an a before them: `aembedding`."""
    return operation in _EMBEDDINGS or operation.removeprefix("a") in _EMBEDDINGS
