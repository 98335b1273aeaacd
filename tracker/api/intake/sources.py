"""Takes in what programs already send: OTLP/HTTP and LiteLLM's callback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from tracker.api.errors import ApiError
from tracker.api.intake.answers import rejected
from tracker.api.intake.bodies.of_sources import (
    LITELLM_PATH,
    Taken,
    read_source,
    source_of,
)
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
from tracker.ingest.twins.threads import ThreadBook
from tracker.ingest.twins.trace_book import Settled, TraceBook
from tracker.ingest.twins.turns import Turns
from tracker.sources.otlp.calls.identity import TWIN_WINDOW, are_twins, twin_key
from tracker.sources.otlp.spans import report_time
from tracker.sources.otlp.wire.answers import error_body

twins = TwinFilter(are_twins, TWIN_WINDOW, key_of=twin_key)
trace_book = TraceBook()
threads = ThreadBook()
turns = Turns()
# Reports in one commit. A body of 100,000 spans in a single commit would keep all
# other callers waiting until it is stored.
STORED_AT_ONCE = 200
MOVED_AT_ONCE = 100  # calls; moving one costs more than storing one


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
            ignored=Counter(taken.reading.ignored),
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
                # Refuse the whole body: the exporter sends it again, and the event ids
                # of what was stored already make that harmless.
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


def _counts(taken: Taken, answers: Sequence[Outcome | Rejection]) -> dict[str, Any]:
    """How many of a body's reports were stored, known already or rejected."""
    refused = [answer for answer in answers if isinstance(answer, Rejection)]
    outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
    stored = sum(not outcome.is_duplicate for outcome in outcomes)
    return {
        "reports": stored,
        "twins": max(0, len(taken.reading.reports) - stored - len(refused)),
        "rejected": taken.reading.rejected + len(refused),
        "error": taken.reading.error_message or (refused[0].message if refused else ""),
    }


def _decoded(
    path: str, packed: bytes, headers: Headers, kind: str, grant: KeyGrant
) -> Taken:
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    taken = read_source(path, packed, encoding, kind)
    # Before `sift`, which would remember refused reports as received.
    rate_limiter.take(grant, len(taken.reading.reports))
    return taken


def _due(taken: Taken, project_id: int) -> Due:
    """Leave out calls that arrived another way; and find the calls of earlier bodies
    that belong elsewhere by what this one says. Queries.
    """
    settled = trace_book.settle(project_id, taken.reading.heard, taken.reading.by_span)
    gone = {counted.place for _, counted in settled.gone}
    if taken.reading.heard:
        usage = [counted.report for _, counted in settled.reports]
    else:
        usage = [r for r in taken.reading.reports if isinstance(r, UsageReport)]
    threads.learn(project_id, taken.reading.spawned)
    usage, roots = threads.placed(project_id, usage)
    roots |= threads.roots_of(project_id, taken.reading.spawned)
    sifted = twins.sift(project_id, usage, traces=taken.reading.traces, gone=gone)
    kept_ids = {id(each.report) for each in sifted}
    left_out = {k for k, c in settled.reports if id(c.report) not in kept_ids}
    keep_due(project_id, settled)
    moves = [Sifted(move.now.report, move.before.place) for move in settled.moves]
    known = trace_book.known_ids(project_id, taken.trace_ids)
    replaced = {each.replaces for each in sifted}
    moves += [
        each
        for each in late_moves(project_id, taken.reading.names, known=known)
        if each.replaces not in replaced
    ]
    moves += threads.late_moves(project_id, roots)
    others = [r for r in taken.reading.reports if isinstance(r, CompressionReport)]
    kept = [*sifted, *map(Sifted, others)]
    kept.sort(key=lambda each: report_time(each.report))
    if gone and (carriers := [each.report for each in (*kept, *moves)]):
        # A report takes back one other: each of these comes with a repeated one.
        moves = [*moves, *(Sifted(carriers[0], place) for place in gone)]
    else:
        settled.gone.clear()
    return Due(kept, moves, settled, left_out)
