"""Log events of coding agents -> reports: Claude Code, Codex, Gemini CLI and
Qwen Code, OTel's convention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from tracker.domain.lanes import QWEN_SUMMARY
from tracker.domain.reports import (
    MAIN_LANE,
    CompressionReport,
    Parts,
    UsageReport,
    attribute,
)
from tracker.sources.otlp import names, reasons
from tracker.sources.otlp.calls.call import instant, model_of
from tracker.sources.otlp.calls.identity import LOG_EVENT, log_event, span_event
from tracker.sources.otlp.calls.texts import first_text
from tracker.sources.otlp.calls.tokens import (
    Tokens,
    claude_tokens,
    first_count,
    tokens_of,
    with_output,
)
from tracker.sources.otlp.calls.usage_objects import span_tokens
from tracker.sources.otlp.labels import labels_of
from tracker.sources.otlp.placing.lanes import claude_lane, qwen_lane
from tracker.sources.otlp.placing.session_id import SessionId, log_session
from tracker.sources.otlp.reading import Reading, Report
from tracker.sources.otlp.spans import report_time
from tracker.sources.otlp.wire.records import Attributes, BadRecord, Decoded, LogRecord
from tracker.sources.session_keys import valid_session, without_controls

_Read = Callable[[LogRecord, SessionId], Report | str]


def read_logs(decoded: Decoded[LogRecord]) -> Reading:
    ignored: Counter[str] = Counter()
    rejected, message = decoded.rejected, decoded.error_message
    reports: list[Report] = []
    spawned: dict[str, str] = {}
    for record in decoded.records:
        try:
            spawned |= _spawned(record)
            found = _read_one(record)
        except BadRecord as error:
            rejected, message = rejected + 1, str(error)
            continue
        if isinstance(found, str):
            ignored[found] += 1
        else:
            reports.append(found)
    reports.sort(key=report_time)
    return Reading(reports, dict(ignored), rejected, message, spawned=spawned)


def _read_one(record: LogRecord) -> Report | str:
    read = _EVENTS.get(record.name)
    if read is None:
        return reasons.OTHER_EVENT
    session = log_session(record)
    if session is None:
        return reasons.NO_SESSION
    return read(record, session)


def _claude_request(record: LogRecord, session: SessionId) -> Report | str:
    """Claude Code's `api_request`; its request id is the transcript's too."""
    return _usage(
        record,
        session,
        tokens=claude_tokens(record.attributes),
        event_id=first_text(record.attributes, ("request_id",)),
        lane=claude_lane(record.attributes),
    )


def _claude_compaction(record: LogRecord, session: SessionId) -> Report | str:
    """Claude Code's `compaction`, with the client's own numbers.

    They are an estimate of the text alone: `before_tokens` and `after_tokens` hold
    them only until the store puts the occupancies of the requests around it there.
    """
    attributes = record.attributes
    if str(attributes.get("success", "true")).lower() == "false":
        return reasons.COMPACTION_FAILED
    before = first_count(attributes, ("pre_tokens",))
    after = first_count(attributes, ("post_tokens",))
    if before is None or after is None:
        return reasons.COMPACTION_WITHOUT_NUMBERS
    trigger = attributes.get("trigger")
    return CompressionReport(
        session=session.key,
        before_tokens=before,
        after_tokens=after,
        event_id=f"{LOG_EVENT}compaction:{record.at_ns}",
        at=instant(record.at_ns),
        performed_by="client",
        trigger="manual" if trigger == "manual" else "auto",
        strategy="claude_code",
        claimed_before_tokens=before,
        claimed_after_tokens=after,
        origin="otlp",
        metadata=_metadata(record, session),
    )


def _codex_event(record: LogRecord, session: SessionId) -> Report | str:
    """Codex' `sse_event`: only the one that ends an answer carries usage."""
    if record.attributes.get("event.kind") != "response.completed":
        return reasons.OTHER_EVENT
    tokens = tokens_of(
        record.attributes,
        input_keys=("input_token_count",),
        output_keys=("output_token_count",),
        cache_read_keys=("cached_token_count",),
        cache_creation_keys=("cache_write_token_count",),
    )
    return _usage(record, session, tokens=tokens)


def _spawned(record: LogRecord) -> dict[str, str]:
    """Codex's event that a thread started another one: a sub-agent, whose requests name
    only their own thread.
    """
    told = record.attributes
    if record.name != "codex.agent_communication" or told.get("kind") != "spawn":
        return {}
    ends = map(told.get, names.CODEX_SPAWNED)
    child, parent = (valid_session(v) if isinstance(v, str) else "" for v in ends)
    return {child: parent} if child and parent else {}


def _gemini_response(record: LogRecord, session: SessionId) -> Report | str:
    """Gemini CLI's `api_response`, and Qwen Code's: the same names, but Qwen's output
    includes what was thought. The total says so: 43000 in, 43 out, 11 thought of a
    total of 43043 are 43 out.
    """
    attributes = record.attributes
    tokens = tokens_of(
        attributes,
        input_keys=("input_token_count",),
        output_keys=("output_token_count",),
        cache_read_keys=("cached_content_token_count",),
        cache_creation_keys=(),
    )
    if tokens is not None and not _is_total_of_both(attributes, tokens):
        thoughts = first_count(attributes, ("thoughts_token_count",))
        tools = first_count(attributes, ("tool_token_count",)) or 0
        tokens = with_output(replace(tokens, input=tokens.input + tools), thoughts)
    return _usage(
        record,
        session,
        tokens=tokens,
        event_id=first_text(attributes, ("response_id",)),
        lane=qwen_lane(attributes) or _gemini_lane(record),
        is_aside=first_text(attributes, ("prompt_id",)).startswith(QWEN_SUMMARY),
    )


def _is_total_of_both(attributes: Attributes, tokens: Tokens) -> bool:
    total = first_count(attributes, ("total_token_count",))
    return total == tokens.input + (tokens.output or 0)


def _gemini_lane(record: LogRecord) -> str:
    role = record.attributes.get("role")
    lane = without_controls(role)[:255] if isinstance(role, str) else ""
    return lane or MAIN_LANE


def _inference_details(record: LogRecord, session: SessionId) -> Report | str:
    """The convention's own event. Gemini CLI sends it beside its `api_response`."""
    if "gemini" in record.scope or "gemini" in str(record.resource.get(names.SERVICE)):
        return reasons.SAME_CALL_AS_EVENT
    event_id = first_text(record.attributes, (names.RESPONSE_ID,))
    if record.span_id and not model_of(record.attributes):
        # Google ADK's, which comes before the span that names the model.
        event_id = log_event(record.trace_id, record.span_id)
    elif record.span_id and not event_id:
        event_id = span_event(record.trace_id, record.span_id)
    return _usage(
        record,
        session,
        tokens=span_tokens(record.attributes, excludes_cache=False),
        event_id=event_id,
    )


_EVENTS: dict[str, _Read] = {
    "claude_code.api_request": _claude_request,
    "claude_code.compaction": _claude_compaction,
    "codex.sse_event": _codex_event,
    "gemini_cli.api_response": _gemini_response,
    "qwen-code.api_response": _gemini_response,
    "gen_ai.client.inference.operation.details": _inference_details,
}


def _usage(
    record: LogRecord,
    session: SessionId,
    *,
    tokens: Tokens | None,
    event_id: str = "",
    lane: str = MAIN_LANE,
    is_aside: bool = False,
) -> UsageReport | str:
    if tokens is None or tokens.input == 0:
        return reasons.NO_USAGE
    return UsageReport(
        session=session.key,
        used_tokens=tokens.input,
        parts=attribute(tokens.input, Parts()),
        source="reported",
        event_id=without_controls(event_id)[:255] or _log_id(record, tokens),
        at=instant(record.at_ns),
        model=model_of(record.attributes),
        lane=lane,
        implausible="helper_call" if is_aside else None,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_creation_tokens=tokens.cache_creation,
        origin="otlp",
        metadata=_metadata(record, session),
    )


def _log_id(record: LogRecord, tokens: Tokens) -> str:
    """An id that an exporter's retry repeats: the event's time and numbers."""
    told = f"{record.name}|{record.at_ns}|{tokens.input}|{tokens.output}"
    return LOG_EVENT + sha256(told.encode()).hexdigest()[:32]


def _metadata(record: LogRecord, session: SessionId) -> dict[str, str]:
    metadata = labels_of(record.resource) | {"scope": without_controls(record.scope)}
    if session.is_grouped_by_trace:
        metadata["grouped_by"] = "trace"
    return metadata
