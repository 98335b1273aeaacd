"""The reports of a session file as JSON: `token-budget follow` writes it, the server
reads it.

It has every field of such a report. So a file followed from another machine counts
exactly like one beside the server.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tracker.domain.composition.keeping import added_without_names, without_names
from tracker.domain.plan_limits import MOST_MINUTES, MOST_RATIO, PlanLimit
from tracker.domain.reports import MAX_TOKENS, CompressionReport, Parts, UsageReport
from tracker.sources.body_errors import BodyError
from tracker.sources.native import (
    NO_CONTROLS,
    Count,
    ModelName,
    Name,
    Title,
    check_metadata,
    decode,
    utc,
)
from tracker.sources.told_composition import (
    LONGEST_ADDED,
    LONGEST_PACKED,
    check_added,
    check_composition,
)
from tracker.sources.transcripts.agents.registry import CLIENTS
from tracker.sources.transcripts.following.news import Continuation, FileDeleted
from tracker.sources.transcripts.formats import CLAUDE_CODE, CODEX

PATH = "/api/v1/sources/session-files"
Told = UsageReport | CompressionReport | Continuation | FileDeleted
ORIGINS = {CLAUDE_CODE, CODEX, *(client.name for client in CLIENTS)}
Word = Annotated[str, Meta(max_length=12, pattern=r"\A[a-z_]*\Z")]
Messages = list[dict[str, Any]]


class PartsBody(Struct, forbid_unknown_fields=True, gc=False):
    system: Count = 0
    history: Count = 0
    user_context: Count = 0
    tools: Count = 0
    unattributed: Count = 0


class _Told(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What both kinds of reports say. `event_id` and `at` are always known: without
    them a report that is sent again would count again.
    """

    session: Name
    event_id: Name
    at: Annotated[datetime, Meta(tz=True)]
    origin: Annotated[str, Meta(max_length=20)]
    source: Literal["reported", "counted", "estimated"]
    model: ModelName = ""
    lane: Name = "main"
    title: Title = ""
    metadata: dict[str, Any] | None = None


class PlanLimitBody(Struct, forbid_unknown_fields=True, gc=False):
    client: Annotated[str, Meta(max_length=32, pattern=NO_CONTROLS)]
    minutes: Annotated[int, Meta(ge=1, le=MOST_MINUTES)]
    used_ratio: Annotated[float, Meta(ge=0, le=MOST_RATIO)]
    resets_at: Annotated[datetime, Meta(tz=True)] | None
    at: Annotated[datetime, Meta(tz=True)]


class ToldUsage(_Told, tag="usage", tag_field="kind"):
    used_tokens: Count
    parts: PartsBody
    parts_source: Word = ""
    message_count: Count | None = None
    window_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    window_source: Literal["", "client", "client_table", "client_setting"] = ""
    compact_at_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_creation_tokens: Count | None = None
    cache_hour_tokens: Count | None = None
    counted: PartsBody | None = None
    counter: Annotated[str, Meta(max_length=64, pattern=NO_CONTROLS)] = ""
    begins_anew: bool = False
    implausible: Word | None = None
    partial: Word = ""
    added: Annotated[str, Meta(max_length=LONGEST_ADDED)] = ""
    composition: Annotated[str, Meta(max_length=LONGEST_PACKED)] = ""
    plan_limits: Annotated[list[PlanLimitBody], Meta(max_length=4)] = []


class ToldCompression(_Told, tag="compression", tag_field="kind"):
    before_tokens: Count
    after_tokens: Count
    trigger: Literal["auto", "manual"] = "auto"
    strategy: Annotated[str, Meta(max_length=64, pattern=NO_CONTROLS)] = ""
    claimed_before_tokens: Count | None = None
    claimed_after_tokens: Count | None = None
    summary: str = ""
    before: Messages | None = None
    after: Messages | None = None
    sets_gauge: bool = False
    composition: Annotated[str, Meta(max_length=LONGEST_PACKED)] = ""


class ToldContinuation(
    Struct, forbid_unknown_fields=True, tag="continuation", tag_field="kind"
):
    session: Name
    lane: Name
    messages: Messages


class ToldDeleted(
    Struct, forbid_unknown_fields=True, tag="file_deleted", tag_field="kind"
):
    session: Name
    at: Annotated[datetime, Meta(tz=True)]


_one = msgspec.json.Decoder(
    ToldUsage | ToldCompression | ToldContinuation | ToldDeleted
)
_encoder = msgspec.json.Encoder()


def to_json(told: Told) -> bytes:
    """One report as an object. ValidationError for one without an id or a time."""
    if isinstance(told, Continuation):
        return _encoder.encode(ToldContinuation(told.session, told.lane, told.messages))
    if isinstance(told, FileDeleted):
        return _encoder.encode(ToldDeleted(told.session, told.at))
    shape: type[Struct] = (
        ToldUsage if isinstance(told, UsageReport) else ToldCompression
    )
    said = {name: getattr(told, name) for name in shape.__struct_fields__}
    return _encoder.encode(msgspec.convert(said, shape, from_attributes=True))


def without_messages(body: bytes) -> bytes | None:
    """The same object for a project that keeps no messages; None if it holds nothing
    else.
    """
    told = _one.decode(body)
    if isinstance(told, ToldContinuation):
        return None
    if isinstance(told, ToldCompression):
        told.before, told.after, told.summary = None, None, ""
    elif isinstance(told, ToldUsage):
        told.added = added_without_names(told.added)
    else:
        return body
    if told.composition:
        told.composition = without_names(told.composition)
    return _encoder.encode(told)


def read_told(body: bytes | msgspec.Raw) -> Told:
    """The report of one object. Raises BodyError."""
    told = decode(body, _one)
    if isinstance(told, ToldContinuation):
        return Continuation(told.session, told.lane, told.messages)
    if isinstance(told, ToldDeleted):
        return FileDeleted(told.session, utc(told.at))
    if told.origin not in ORIGINS:
        raise BodyError("origin", "is no client whose session files this server knows")
    if told.metadata is not None:
        check_metadata(told.metadata)
    check_composition(told.composition)
    said = {name: getattr(told, name) for name in told.__struct_fields__}
    said["at"] = utc(told.at)
    if isinstance(told, ToldCompression):
        said["summary"] = told.summary.replace("\0", "")
        return CompressionReport(**said)
    check_added(told.added)
    said["parts"] = _parts(told.parts)
    said["counted"] = None if told.counted is None else _parts(told.counted)
    if said["parts"].total != told.used_tokens:
        raise BodyError("parts", "must add up to used_tokens")
    said["plan_limits"] = tuple(map(_plan_limit, told.plan_limits))
    return UsageReport(**said)


def _plan_limit(body: PlanLimitBody) -> PlanLimit:
    resets = None if body.resets_at is None else utc(body.resets_at)
    used = body.used_ratio
    return PlanLimit(body.client, body.minutes, used, resets, utc(body.at))


def _parts(body: PartsBody) -> Parts:
    return Parts(*(getattr(body, part.name) for part in fields(Parts)))
