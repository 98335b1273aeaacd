"""A span -> the model call it reports, or the reason why it reports none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from tracker.sources.otlp import names, reasons
from tracker.sources.otlp.calls.kinds import reason_by_kind, says_call
from tracker.sources.otlp.calls.texts import first_text, unquoted
from tracker.sources.otlp.calls.tokens import (
    Tokens,
    claude_tokens,
    first_count,
    with_output,
)
from tracker.sources.otlp.calls.usage_objects import (
    langfuse_tokens,
    mlflow_tokens,
    parsed,
    span_tokens,
)
from tracker.sources.otlp.placing.client_limits import (
    UNTOLD,
    ClientLimits,
    limits_around,
    told_limits,
)
from tracker.sources.otlp.placing.lanes import Lane, claude_lane, span_lane
from tracker.sources.otlp.placing.lineage import Lineage
from tracker.sources.otlp.placing.session_id import (
    SessionId,
    named_session,
    span_session,
)
from tracker.sources.otlp.wire.records import Attributes, BadRecord, Span
from tracker.sources.session_keys import valid_session, without_controls
from tracker.sources.session_names import METADATA

ANTHROPIC_SDK = "com.anthropic.sdk.python"  # emits by itself, beside instrumentors
_CLAUDE_CODE_SPAN = "claude_code.llm_request"
_OF_RESOURCE = frozenset((names.SERVICE, *names.LABEL_NAMES))
_PASSING_ON = ("openinference.instrumentation.agno", "agent_framework")
_BEDROCK = (
    "opentelemetry.instrumentation.bedrock",  # Traceloop's
    "opentelemetry.instrumentation.botocore",
)
_GOOGLE = ("gemini", "google", "vertex", "gcp")


@dataclass(frozen=True, slots=True)
class Call:
    """One model call as one span reports it; `response_id` is "" if it has none."""

    span: Span
    tokens: Tokens
    model: str
    response_id: str
    session: SessionId
    lane: Lane = Lane()
    message_count: int | None = None
    limits: ClientLimits = UNTOLD
    partial: str = ""

    @property
    def is_sdk_span(self) -> bool:
        return self.span.scope == ANTHROPIC_SDK


def span_usage(span: Span) -> Tokens | str:
    """The tokens a span reports of one call, or the reason why it counts for none.

    Raises BadRecord where the numbers are none.
    """
    if reason := reason_by_kind(span):
        return reason
    attributes = span.attributes
    if span.name == _CLAUDE_CODE_SPAN:
        found = claude_tokens(attributes)
    elif names.LANGFUSE_USAGE in attributes:
        found = langfuse_tokens(attributes[names.LANGFUSE_USAGE])
    else:
        found = span_tokens(attributes, excludes_cache=_excludes_cache(span))
        if found is None and names.MLFLOW_USAGE in attributes:
            found = mlflow_tokens(attributes[names.MLFLOW_USAGE])
        elif found is not None:
            found = with_output(found, _thoughts_left_out(span, found))
    # A call that failed or a stream without usage says 0: no window is empty.
    if found is None or found.input == 0:
        is_call = says_call(attributes)
        return reasons.call_without_usage(span.scope) if is_call else reasons.NO_USAGE
    return found


def _excludes_cache(span: Span) -> bool:
    """Whether this instrumentor passes Anthropic's input on as it came, without the
    cache: OpenLIT, agno, agent-framework, and the AI SDK up to version 5 (Bedrock's,
    too); or Bedrock's, which leaves the cache out for every model. Every other family
    adds the cache up.
    """
    attributes = span.attributes
    if span.scope == ANTHROPIC_SDK:
        return False
    if span.scope.startswith(_BEDROCK):
        return True
    if provider := first_text(attributes, (names.AI_SDK_PROVIDER,)):
        is_adding = any(name in attributes for name in names.AI_SDK_DETAILS)
        return not is_adding and ("anthropic" in provider or "bedrock" in provider)
    if first_text(attributes, names.PROVIDER).lower() != "anthropic":
        return False
    return _is_openlit(span) or span.scope.startswith(_PASSING_ON)


def _is_openlit(span: Span) -> bool:
    sdk = span.attributes.get(names.SDK_NAME)
    return span.scope.startswith("openlit") or sdk == "openlit"


def _thoughts_left_out(span: Span, tokens: Tokens) -> int:
    """Gemini's thinking tokens that are missing in the span's output. OpenLIT reports
    them apart. Traceloop and LangChain.js report them only in Google's total: 100 in,
    20 out and 128 in total are 8 of thinking (or of Google's own tools, which no number
    distinguishes).
    """
    attributes = span.attributes
    if _is_openlit(span):
        provider = first_text(attributes, names.PROVIDER).lower()
        is_google = any(name in provider for name in _GOOGLE)
        told = first_count(attributes, (names.REASONING,)) if is_google else None
        return told or 0
    total = first_count(attributes, names.TOTAL) or 0
    more = total - tokens.input - (tokens.output or 0)
    return more if more > 0 and "gemini" in model_of(attributes).lower() else 0


def call_of(span: Span, tokens: Tokens) -> Call:
    """The call that the span reports; `placed` says where it belongs."""
    attributes = span.attributes
    return Call(
        span=slim(span),
        tokens=tokens,
        model=model_of(attributes),
        response_id=_response_id(attributes),
        session=SessionId(span.trace_id, is_grouped_by_trace=True),
        message_count=span.message_count or _message_count(attributes),
        limits=told_limits(span),
    )


def placed(call: Call, lineage: Lineage) -> Call:
    """The call in the session and lane of the innermost spans that name them."""
    span = call.span
    around = list(lineage.lineage(span))
    if span.name == _CLAUDE_CODE_SPAN:
        lane = Lane(claude_lane(span.attributes))
    else:
        lane = span_lane(span, around)
    limits = call.limits if call.limits != UNTOLD else limits_around(around)
    return replace(call, session=span_session(span, around), lane=lane, limits=limits)


def slim(span: Span) -> Span:
    """The span with only its session and agent, small enough to be remembered."""
    kept = {k: v for k, v in span.attributes.items() if k in names.PLACING}
    return replace(
        span,
        attributes=kept | _session_alone(span.attributes),
        resource={k: v for k, v in span.resource.items() if k in _OF_RESOURCE}
        | _session_alone(span.resource),
    )


def _session_alone(attributes: Attributes) -> dict[str, str]:
    """The session that they name, under one name: metadata may be long."""
    found = named_session(attributes)
    return {names.OWN_SESSION: found} if found else {}


def model_of(attributes: Attributes) -> str:
    """The model that answered, as far as it is told; "" if it is not."""
    model = unquoted(first_text(attributes, names.MODEL)) or _langchain_model(
        attributes
    )
    return without_controls(model)[:200]


def _langchain_model(attributes: Attributes) -> str:
    """LangChain's own name of the model: OpenInference's spans of Gemini through
    LangChain.js have no other.
    """
    told = parsed(first_text(attributes, METADATA))
    name = told.get("ls_model_name") if isinstance(told, Mapping) else None
    return name if isinstance(name, str) else ""


class _Answer(msgspec.Struct):
    id: str = ""


class _Role(msgspec.Struct):
    role: str


def _response_id(attributes: Attributes) -> str:
    """The provider's id of the answer: its own attribute, or inside the copy of the
    answer that OpenInference and MLflow keep."""
    found = first_text(attributes, (names.RESPONSE_ID,))
    text = first_text(attributes, names.ANSWERS)
    if not found and text.startswith("{"):
        try:
            found = msgspec.json.decode(text, type=_Answer).id
        except (msgspec.MsgspecError, RecursionError):
            found = ""
    return valid_session(found)


def _message_count(attributes: Attributes) -> int | None:
    """How many messages were sent, system ones aside; None where it is not said."""
    messages = next((attributes[k] for k in names.MESSAGES if k in attributes), None)
    try:
        if isinstance(messages, str):
            roles = msgspec.json.decode(messages, type=list[_Role])
        elif isinstance(messages, list):
            roles = msgspec.convert(messages, type=list[_Role])
        else:
            return None
    except (msgspec.MsgspecError, RecursionError):
        return None
    return sum(message.role != "system" for message in roles) or None


def instant(ns: int) -> datetime | None:
    """Nanoseconds since 1970 as a UTC time, None for 0. Raises BadRecord beyond it."""
    if ns <= 0:
        return None
    try:
        at = datetime.fromtimestamp(ns / 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        raise BadRecord(f"{ns} is not a time in nanoseconds since 1970") from None
    if at.year >= 9999:  # a moment later is beyond datetime
        raise BadRecord(f"{ns} ns since 1970 is too far ahead")
    return at
