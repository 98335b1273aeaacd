"""Our own JSON format of a usage report (docs/reference.md) -> UsageReport."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct

from tracker.domain.counting.counters import TokenCounter
from tracker.domain.plan_limits import PlanLimit, claude_limits
from tracker.domain.providers.reported_usage import ReportedUsage, normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.domain.reports import MAX_TOKENS, Parts, UsageReport, attribute
from tracker.sources.body_errors import BodyError, explain, unreadable

NO_CONTROLS = r"\A[^\x00-\x1f\x7f-\x9f]*\Z"
METADATA_BYTES = 8_192
NO_PARTS = Parts()

Count = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=NO_CONTROLS)]
Title = Annotated[str, Meta(max_length=255, pattern=NO_CONTROLS)]
ModelName = Annotated[str, Meta(max_length=200, pattern=NO_CONTROLS)]


class Counted(NamedTuple):
    """Tokens of each part, what counted them, and what messages add and fill, as a
    report has it; "" without messages.
    """

    parts: Parts
    counter: TokenCounter
    added: str = ""
    composition: str = ""


# Of messages and their texts.
CountMessages = Callable[["UsageBody"], Counted]


class TokensBody(Struct, forbid_unknown_fields=True, gc=False):
    system: Count | None = None
    history: Count | None = None
    user_context: Count | None = None
    tools: Count | None = None


class UsageBody(Struct, forbid_unknown_fields=True):
    session: Name
    title: Title | None = None
    event_id: Name | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    model: ModelName | None = None
    message_count: Count | None = None
    window_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    compact_at_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    lane: Name | None = None
    tokens: TokensBody | None = None
    usage: dict[str, Any] | None = None
    messages: list[dict[str, Any]] | None = None
    system: str | list[dict[str, Any]] | None = None
    user_context: str | list[Any] | None = None
    tools: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    rate_limits: dict[str, Any] | None = None  # as Claude Code's status line has them


class OpenBody(UsageBody, forbid_unknown_fields=True):
    """The same, with `messages` as they came: JSON of a list, whose messages are yet to
    be checked. None without any.
    """

    messages: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment]


_decoder = msgspec.json.Decoder(UsageBody)
_open_decoder = msgspec.json.Decoder(OpenBody)


def decode(body: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Decode and check in one pass. Raises BodyError."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise unreadable(error) from error


def decode_usage(body: bytes | msgspec.Raw) -> UsageBody:
    """One report. Raises BodyError."""
    found: UsageBody = decode(body, _decoder)
    _check(found)
    return found


def decode_open(body: bytes | msgspec.Raw) -> OpenBody:
    """One report, its messages unread. Raises BodyError, in the words of
    `decode_usage`.
    """
    try:
        found: OpenBody = _open_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        decode_usage(body)
        raise
    start = bytes(memoryview(found.messages)[:1])
    if start != b"[":
        if start not in (b"", b"n"):  # neither left out nor null
            decode_usage(body)
        found.messages = None  # type: ignore[assignment]
    _check(found)
    return found


def _check(found: UsageBody) -> None:
    if found.at is not None:
        found.at = utc(found.at)
    if found.metadata is not None:
        check_metadata(found.metadata)
    if (
        found.tokens is None
        and found.usage is None
        and not has_text(found)
        and found.messages is None
    ):
        raise BodyError(
            "tokens",
            "give at least one of tokens, usage, messages, system, user_context",
        )


def check_session_key(key: str) -> None:
    """A key from an address, by the rule of the body's `session`. BodyError."""
    try:
        msgspec.convert(key, Name)
    except msgspec.ValidationError as error:
        raise BodyError("session", explain(error).message) from error


def has_text(body: UsageBody) -> bool:
    """Whether something is to be counted here."""
    return (
        body.messages is not None
        or body.system is not None
        or body.user_context is not None
    )


def to_report(
    body: UsageBody,
    count_messages: CountMessages,
    client: Callable[[], str] = str,
) -> UsageReport:
    """The body as a UsageReport. Raises BodyError.

    Reported beats counted beats estimated: `usage` gives the total, and the parts
    are made to add up to it; the caller's own `tokens` beat what is counted here.
    `count_messages` also sets `message_count` where the body leaves it out. Only what
    is counted learns from reports, so only there `client` is asked for the program.
    """
    usage = _usage(body.usage)
    parts, source, counter, added, composition = _parts(body, count_messages)
    if parts.total > MAX_TOKENS:
        raise BodyError("tokens", "the parts add up to more than 10^12")
    parts_source = source
    used = parts.total
    # The caller's own count is kept as it is: beside a report the two can be compared.
    counted = parts if source and (counter or usage is not None) else None
    if usage is not None:
        used, source = usage.used_tokens, "reported"
        parts = attribute(used, parts)
    return UsageReport(
        session=body.session,
        used_tokens=used,
        parts=parts,
        source=source,
        parts_source=parts_source,
        event_id=body.event_id,
        at=body.at,
        model=body.model or "",
        lane=body.lane or "main",
        title=body.title or "",
        message_count=body.message_count,
        window_tokens=body.window_tokens,
        compact_at_tokens=body.compact_at_tokens,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cache_read_tokens=usage.cache_read_tokens if usage else None,
        cache_creation_tokens=usage.cache_creation_tokens if usage else None,
        cache_hour_tokens=(usage.cache_hour_tokens or None) if usage else None,
        metadata=body.metadata,
        counted=counted,
        counter=counter,
        client="" if counted is None else client(),
        added=added,
        composition=composition,
        plan_limits=_plan_limits(body),
    )


def _plan_limits(body: UsageBody) -> tuple[PlanLimit, ...]:
    if body.rate_limits is None:
        return ()
    return claude_limits(body.rate_limits, body.at or datetime.now(UTC))


def _usage(usage: dict[str, Any] | None) -> ReportedUsage | None:
    if usage is None:
        return None
    try:
        return normalise_usage(usage)
    except UsageError as error:
        field = (
            error.field if error.field.startswith("usage") else f"usage.{error.field}"
        )
        raise BodyError(field.rstrip("."), error.message) from error


def _parts(
    body: UsageBody, count_messages: CountMessages
) -> tuple[Parts, str, str, str, str]:
    """The parts, how they are known, what counted them all ("" for the caller), and
    what the messages add and fill.
    """
    said = body.tokens
    if not has_text(body):
        if said is None:
            return NO_PARTS, "", "", "", ""
        return _pick(said), "counted", "", "", ""
    counted, counter, added, composition = count_messages(body)
    if said is None:
        return counted, counter.source, counter.name, added, composition
    source = counter.source if counter.source == "estimated" else "counted"
    return _pick(said, counted), source, "", added, composition


def _pick(said: TokensBody, counted: Parts = NO_PARTS) -> Parts:
    """The caller's numbers, and ours where it gave none."""

    def pick(own: int | None, ours: int) -> int:
        return ours if own is None else own

    return Parts(
        system=pick(said.system, counted.system),
        history=pick(said.history, counted.history),
        user_context=pick(said.user_context, counted.user_context),
        tools=pick(said.tools, counted.tools),
    )


def utc(at: datetime) -> datetime:
    """In UTC. Raises BodyError for a time outside of the years 1 to 9999."""
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise BodyError("at", "must lie between 1970 and 9999") from error
    if at.year < 1970:
        raise BodyError("at", "must lie between 1970 and 9999")
    return at


def check_metadata(metadata: dict[str, Any]) -> None:
    text = msgspec.json.encode(metadata)
    if len(text) > METADATA_BYTES:
        raise BodyError("metadata", f"must be at most {METADATA_BYTES:,} bytes as JSON")
    if b"\\u0000" in text:
        raise BodyError("metadata", "must not contain NUL characters")
