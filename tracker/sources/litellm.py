"""LiteLLM's generic API logger (StandardLoggingPayload) -> usage reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from tracker.domain.counting.counters import (
    BY_CHARACTERS,
    EstimatedCounter,
    count_conversation,
)
from tracker.domain.dialects.reading import read_dialect
from tracker.domain.providers.reported_usage import ReportedUsage, normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.domain.reports import Parts, UsageReport, attribute
from tracker.sources.body_errors import SourceError
from tracker.sources.otlp.reading import Reading, Report
from tracker.sources.session_keys import valid_session, without_controls

FAILED = "failed_call"
NOT_A_CHAT = "not_a_chat"
NO_USAGE = "no_usage"
REASONS = {
    FAILED: "the call failed: nothing entered a window",
    NOT_A_CHAT: "an embedding, image, transcription or other call without a window",
    NO_USAGE: "says nothing of tokens",
}
_NOT_JSON = (msgspec.DecodeError, UnicodeError, RecursionError)
_CHATS = ("completion", "responses", "anthropic_messages", "generate_content")


class _BadPayload(ValueError):
    """One payload that cannot be believed; the others of its body still count."""


def read_litellm(body: bytes) -> Reading:
    """The reports of a JSON array of payloads, of one alone, or of NDJSON.

    One payload that is wrong is counted in `rejected`, with the first reason as
    `error_message`. Raises SourceError 400 for a body that holds none at all.
    """
    reports: list[Report] = []
    ignored: Counter[str] = Counter()
    errors: list[str] = []
    for payload in _payloads(body):
        try:
            found = _read_one(payload)
        except (_BadPayload, UsageError) as error:
            errors.append(str(error))
            continue
        if isinstance(found, str):
            ignored[found] += 1
        else:
            reports.append(found)
    reports.sort(key=lambda report: report.at or datetime.min.replace(tzinfo=UTC))
    message = errors[0] if errors else ""
    return Reading(reports, dict(ignored), len(errors), message)


def _payloads(body: bytes) -> Iterator[Any]:
    """LiteLLM's three formats: `json_array` (its default), `single` and `ndjson`."""
    try:
        data = msgspec.json.decode(body)
    except _NOT_JSON:
        try:
            lines = [line for line in body.split(b"\n") if line.strip()]
            data = [msgspec.json.decode(line) for line in lines] or None
        except _NOT_JSON:
            data = None
    if isinstance(data, Mapping):
        data = [data]
    if not isinstance(data, list):
        raise SourceError(400, "the body is no JSON array of LiteLLM's payloads")
    yield from data


def _read_one(payload: Any) -> UsageReport | str:
    if not isinstance(payload, Mapping) or "call_type" not in payload:
        raise _BadPayload("a payload without call_type is not LiteLLM's")
    if payload.get("status") == "failure":
        return FAILED
    if not any(chat in str(payload["call_type"]) for chat in _CHATS):
        return NOT_A_CHAT
    usage = _usage(payload)
    if usage is None or usage.input_tokens == 0:
        return NO_USAGE
    return _report(payload, usage)


def _usage(payload: Mapping[str, Any]) -> ReportedUsage | None:
    """The provider's object where LiteLLM kept it, else its own two sums."""
    metadata = payload.get("metadata")
    kept = metadata.get("usage_object") if isinstance(metadata, Mapping) else None
    if isinstance(kept, Mapping) and kept:
        return normalise_usage(kept)
    sums = ("prompt_tokens", "completion_tokens")
    given = {name: payload[name] for name in sums if payload.get(name) is not None}
    return normalise_usage(given) if "prompt_tokens" in given else None


def _report(payload: Mapping[str, Any], usage: ReportedUsage) -> UsageReport:
    session, is_given = _session(payload)
    provider = without_controls(_text(payload, "custom_llm_provider"))
    metadata: dict[str, Any] = {"provider": provider}
    if not is_given:
        metadata["grouped_by"] = "trace"
    if isinstance(tags := payload.get("request_tags"), list) and tags:
        metadata["tags"] = [without_controls(str(tag)) for tag in tags]
    parts, count, is_whole = _parts(payload)
    return UsageReport(
        session=session,
        used_tokens=usage.used_tokens,
        parts=attribute(usage.used_tokens, parts or Parts()),
        source="reported",
        parts_source="estimated" if parts else "",
        event_id=valid_session(_text(payload, "id")) or None,
        at=_at(payload),
        model=without_controls(_text(payload, "model"))[:200],
        message_count=count,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_creation_tokens=usage.cache_creation_tokens,
        cache_hour_tokens=usage.cache_hour_tokens or None,
        origin="litellm",
        metadata=metadata,
        # A block was not understood, so this count is too small to learn from.
        counted=parts if is_whole else None,
        counter=BY_CHARACTERS if parts and is_whole else "",
    )


def _session(payload: Mapping[str, Any]) -> tuple[str, bool]:
    """The session, and whether somebody named it.

    Outside the proxy `session_id` is empty and `trace_id` holds what the caller gave
    as session; LiteLLM makes one up for each call that was given none.
    """
    if key := valid_session(_text(payload, "session_id")):
        return key, True
    key = valid_session(_text(payload, "trace_id"))
    call = _text(payload, "litellm_call_id")
    if not key and not call:
        raise _BadPayload("a payload without session_id and trace_id has no session")
    return key or call, bool(key) and key != call


def _parts(payload: Mapping[str, Any]) -> tuple[Parts | None, int | None, bool]:
    """What fills the window, estimated from the messages where they are sent along, in
    whatever dialect; how many they are; whether all of them was understood.
    """
    messages = payload.get("messages")
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, list):
        return None, None, False
    read = read_dialect(messages)
    parameters = payload.get("model_parameters")
    tools = parameters.get("tools") if isinstance(parameters, Mapping) else None
    parts = count_conversation(
        read.messages,
        tools=tools,
        model=_text(payload, "model"),
        counter=EstimatedCounter(),
    )
    roles = [_text(message, "role") for message in messages]
    return parts, sum(role != "system" for role in roles), read.unread is None


def _at(payload: Mapping[str, Any]) -> datetime | None:
    """The end of the call; LiteLLM's times are seconds since 1970."""
    seconds = payload.get("endTime")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise _BadPayload(f"endTime {seconds} is no time in seconds") from None
    if not 1970 <= at.year < 9999:
        raise _BadPayload(f"endTime {seconds} lies before 1970 or too far ahead")
    return at


def _text(payload: Any, name: str) -> str:
    value = payload.get(name) if isinstance(payload, Mapping) else None
    return value if isinstance(value, str) else ""
