"""Takes in what programs already send: OTLP/HTTP and LiteLLM's callback."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from msgspec.json import encode

from tracker.api.errors import ApiError, too_large
from tracker.api.intake.answers import rejected
from tracker.api.intake.http import (
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    send_answer,
)
from tracker.api.intake.threads import in_store_thread
from tracker.api.intake.usage import ingest_grant, stored
from tracker.api.keys.keyring import KeyGrant
from tracker.api.keys.rate_limit import rate_limiter
from tracker.api.shapes.usage import TakenIn
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import (
    Arrival,
    Outcome,
    Rejection,
)
from tracker.ingest.door.source_activity import Arrived, activity
from tracker.ingest.twins.filter import Sifted, TwinFilter
from tracker.ingest.twins.late_names import late_moves
from tracker.ingest.twins.moves import keep_due
from tracker.ingest.twins.trace_book import Settled, TraceBook
from tracker.ingest.twins.turns import Turns
from tracker.sources.litellm import LitellmError, read_litellm
from tracker.sources.otlp import OtlpError, read_otlp
from tracker.sources.otlp.calls.identity import TWIN_WINDOW, are_twins, twin_key
from tracker.sources.otlp.reading import Heard, TraceName
from tracker.sources.otlp.spans import report_time
from tracker.sources.otlp.wire.answers import error_body, success_body
from tracker.sources.otlp.wire.decode import is_json

LITELLM_PATH = "/api/v1/sources/litellm"
OTLP_PATHS = {
    f"{prefix}/v1/{signal}": signal
    for prefix in ("", "/api/public/otel")  # the second is Langfuse's
    for signal in ("traces", "logs", "metrics")
}
PATHS = frozenset((*OTLP_PATHS, LITELLM_PATH))
twins = TwinFilter(are_twins, TWIN_WINDOW, key_of=twin_key)
trace_book = TraceBook()
turns = Turns()
STORED_AT_ONCE = 200  # reports in one commit: those of others get between
MOVED_AT_ONCE = 100  # calls, which cost more


@dataclass(frozen=True, slots=True)
class Taken:
    """What a body contained, in whichever format, and the answer its sender expects."""

    source: str
    reports: Sequence[UsageReport | CompressionReport]
    ignored: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    error_message: str = ""
    answer: bytes = b""
    traces: Mapping[str, str] = field(default_factory=dict)  # by event id
    names: Sequence[TraceName] = ()
    heard: Sequence[Heard] = ()
    by_span: Mapping[tuple[str, str], UsageReport] = field(default_factory=dict)

    @property
    def trace_ids(self) -> set[str]:
        return {each.span.trace_id for each in self.heard}


@dataclass(slots=True)
class Due:
    """What a body changes in the store: `reports` are its own, `moves` are calls of
    earlier ones, `settled` is what is confirmed of all when they are stored.
    """

    reports: list[Sifted]
    moves: list[Sifted]
    settled: Settled
    twins: set[tuple[str, str]] = field(default_factory=set)


async def take_in(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as OTLP's specification or LiteLLM says, after the commit."""
    headers = dict(scope["headers"])
    path = scope["path"]
    kind = header(headers, b"content-type")
    as_json = path == LITELLM_PATH or "json" in kind
    extra: dict[str, str] = {}
    try:
        status, body = 200, await _take(scope, receive, headers, kind)
    except ApiError as error:
        status, extra = error.status, error.headers
        if path == LITELLM_PATH:
            body = error.body
        else:
            body = error_body(status, error.message, as_json=as_json)
    except ClientGone:
        return
    reply = b"application/json" if as_json else b"application/x-protobuf"
    await send_answer(send, status, body, content_type=reply, headers=extra)


async def _take(scope: Scope, receive: Receive, headers: Headers, kind: str) -> bytes:
    if scope["method"] != "POST":
        raise ApiError(405, "method", "telemetry is sent with POST")
    grant = await ingest_grant(headers)
    client = header(headers, b"user-agent")
    try:
        packed = await read_body(
            receive, headers, limit=settings.USAGE_BODY_BYTES, takes_gzip=True
        )
        taken: Taken = await in_store_thread(
            _decoded, scope["path"], packed, headers, kind, grant
        )
    except ApiError as error:
        _note_refused(grant, scope["path"], client, error)
        raise
    now = datetime.now(UTC)
    async with turns.of({(grant.project_id, t) for t in taken.trace_ids}):
        answers = await _store(taken, grant, now)
    activity.note(
        grant.project_id,
        taken.source,
        Arrived(
            client=client,
            **_counts(taken, answers),
            ignored=Counter(taken.ignored),
            at=now,
        ),
    )
    return taken.answer


async def _store(
    taken: Taken, grant: KeyGrant, now: datetime
) -> Sequence[Outcome | Rejection]:
    """Store what the body changes. Answers one for each report of it that counts."""
    project_id = grant.project_id
    due: Due = await in_store_thread(_due, taken, project_id)

    async def put(found: Sequence[Sifted], at_once: int) -> list[Outcome | Rejection]:
        answers: list[Outcome | Rejection] = []
        for start in range(0, len(found), at_once):
            answers += await stored(
                [
                    Arrival(project_id, s.report, now, grant.key_id, s.replaces)
                    for s in found[start : start + at_once]
                ]
            )
            for answer in answers[start:]:
                # All may be sent again: those that were stored are known by their ids.
                if isinstance(answer, Rejection) and answer.status in (401, 503):
                    raise rejected(answer)
        return answers

    answers = await put(due.reports, STORED_AT_ONCE)
    await put(due.moves, MOVED_AT_ONCE)
    for move in due.settled.moves:
        twins.moved(project_id, move.before.report, move.now.report)
    trace_book.confirm(project_id, due.settled, twins=due.twins)
    return answers


def _note_refused(grant: KeyGrant, path: str, client: str, error: ApiError) -> None:
    """A body that was refused as a whole counts as one rejection."""
    if error.status >= 500:
        return  # the server's fault: the client sends it again
    refused = Arrived(client, rejected=1, error=error.message, at=datetime.now(UTC))
    activity.note(grant.project_id, source_of(path), refused)


def source_of(path: str) -> str:
    """The name in SourceActivity: `/v1/traces` -> `otlp_traces`."""
    return "litellm" if path == LITELLM_PATH else f"otlp_{OTLP_PATHS[path]}"


def _counts(taken: Taken, answers: Sequence[Outcome | Rejection]) -> dict[str, Any]:
    """How many of a body's reports were stored, known already or rejected."""
    refused = [answer for answer in answers if isinstance(answer, Rejection)]
    outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
    stored = sum(not outcome.is_duplicate for outcome in outcomes)
    return {
        "reports": stored,
        "twins": max(0, len(taken.reports) - stored - len(refused)),
        "rejected": taken.rejected + len(refused),
        "error": taken.error_message or (refused[0].message if refused else ""),
    }


def _decoded(
    path: str, packed: bytes, headers: Headers, kind: str, grant: KeyGrant
) -> Taken:
    body = unpacked(packed, headers.get(b"content-encoding", b"").strip().lower())
    taken = _litellm(body) if path == LITELLM_PATH else _otlp(path, body, kind)
    # Before `sift`, which would remember refused reports as received.
    rate_limiter.take(grant, len(taken.reports))
    return taken


def _due(taken: Taken, project_id: int) -> Due:
    """Leave out calls that arrived another way; and find the calls of earlier bodies
    that belong elsewhere by what this one says. Queries.
    """
    settled = trace_book.settle(project_id, taken.heard, taken.by_span)
    gone = {counted.place for _, counted in settled.gone}
    if taken.heard:
        usage = [counted.report for _, counted in settled.reports]
    else:
        usage = [r for r in taken.reports if isinstance(r, UsageReport)]
    sifted = twins.sift(project_id, usage, traces=taken.traces, gone=gone)
    kept_ids = {id(each.report) for each in sifted}
    left_out = {k for k, c in settled.reports if id(c.report) not in kept_ids}
    keep_due(project_id, settled)
    moves = [Sifted(move.now.report, move.before.place) for move in settled.moves]
    known = trace_book.known_ids(project_id, taken.trace_ids)
    replaced = {each.replaces for each in sifted}
    moves += [
        each
        for each in late_moves(project_id, taken.names, known=known)
        if each.replaces not in replaced
    ]
    others = [r for r in taken.reports if isinstance(r, CompressionReport)]
    kept = [*sifted, *map(Sifted, others)]
    kept.sort(key=lambda each: report_time(each.report))
    if gone and (carriers := [each.report for each in (*kept, *moves)]):
        # A report takes back one other: each of these comes with a repeated one.
        moves = [*moves, *(Sifted(carriers[0], place) for place in gone)]
    else:
        settled.gone.clear()
    return Due(kept, moves, settled, left_out)


def unpacked(body: bytes, encoding: bytes) -> bytes:
    """The body without its compression. ApiError 413 before a small one has been
    unpacked to more than OTLP_BODY_BYTES.
    """
    if encoding in (b"", b"identity"):
        return body
    if encoding != b"gzip":
        raise ApiError(415, "content_encoding", "send gzip or an uncompressed body")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        whole = unpacker.decompress(body, settings.OTLP_BODY_BYTES)
    except zlib.error as error:
        raise ApiError(400, "gzip", f"the body is not gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise too_large(settings.OTLP_BODY_BYTES)
    if not unpacker.eof:
        raise ApiError(400, "gzip", "the gzip body ends early")
    if unpacker.unused_data:  # it would be acknowledged without being read
        raise ApiError(400, "gzip", "the body holds more than one gzip member")
    return whole


def _otlp(path: str, body: bytes, kind: str) -> Taken:
    signal = OTLP_PATHS[path]
    try:
        reading = read_otlp(signal, body, content_type=kind)
    except OtlpError as error:
        raise ApiError(error.status, "otlp", error.message) from error
    return Taken(
        source_of(path),
        reading.reports,
        reading.ignored,
        reading.rejected,
        reading.error_message,
        success_body(signal, reading, as_json=is_json(kind)),
        reading.traces,
        reading.names,
        reading.heard,
        reading.by_span,
    )


def _litellm(body: bytes) -> Taken:
    try:
        reading = read_litellm(body)
    except LitellmError as error:
        raise ApiError(error.status, "litellm", error.message) from error
    answer = TakenIn(
        accepted=len(reading.reports),
        ignored=reading.ignored,
        rejected=reading.rejected,
        error=reading.error_message,
    )
    return Taken(
        source_of(LITELLM_PATH),
        reading.reports,
        reading.ignored,
        reading.rejected,
        reading.error_message,
        encode(answer),
    )
