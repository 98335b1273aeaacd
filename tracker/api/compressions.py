"""Compressions: list, read, record a client's own, review."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Raw, Struct

from tracker.api import queries
from tracker.api.endpoint import endpoint, find_session, not_found, respond
from tracker.api.errors import ApiError
from tracker.api.intake.answers import rejected
from tracker.api.intake.bodies.waiting import turn_for_body
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes import compressions as shapes
from tracker.api.shapes.budget import Budget, FiredEvent
from tracker.changes.reviews import ReviewConflict, review_compression
from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import Rejection
from tracker.ingest.compressing.compress import (
    look_back,
    record_compression,
    review_sent,
)
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.models import Compression
from tracker.reading import event_lists as lists
from tracker.sources import native
from tracker.sources.body_errors import BodyError, unreadable
from tracker.sources.native import Count, ModelName, Name, Title, decode
from tracker.workers.jobs.review import ReviewOrder, UncountedMessage

REVIEWS = ("pending", "accepted", "flagged")
NOTE_CHARACTERS = 10_000


class CompressionBody(Struct, forbid_unknown_fields=True):
    event_id: Name | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    model: ModelName | None = None
    title: Title | None = None
    lane: Name | None = None
    trigger: Literal["messages", "budget", "critical", "exceeded", "manual", "auto"] = (
        "auto"
    )
    strategy: Annotated[str, Meta(max_length=64, pattern=native.NO_CONTROLS)] | None = (
        None
    )
    # Left as bytes: a worker reads them (`tracker.workers.jobs.review`).
    before: Raw = msgspec.field(default_factory=Raw)
    after: Raw = msgspec.field(default_factory=Raw)
    before_tokens: Count | None = None
    after_tokens: Count | None = None
    target_tokens: Count | None = None
    summary: str | None = None
    metadata: dict[str, Any] | None = None


class ReviewBody(Struct, forbid_unknown_fields=True):
    review: Literal["pending", "accepted", "flagged"]
    note: Annotated[str, Meta(max_length=NOTE_CHARACTERS)] = ""
    expected: Literal["pending", "accepted", "flagged"] | None = None


_compression = msgspec.json.Decoder(CompressionBody)
_review = msgspec.json.Decoder(ReviewBody)


@endpoint(GET="read")
def compressions(request: HttpRequest, grant: KeyGrant) -> shapes.CompressionPage:
    queries.check_names(request, "session", "review", "trigger", "cursor", "limit")
    found = Compression.objects.filter(project_id=grant.project_id)
    if key := request.GET.get("session"):
        found = found.filter(session__key=key)
    if review := queries.choice(request, "review", REVIEWS):
        found = found.filter(review=review)
    if trigger := queries.choice(request, "trigger", dict(Compression.TRIGGERS)):
        found = found.filter(trigger=trigger)
    return _page(request, found)


@endpoint(GET="read", POST="ingest")
def session_compressions(request: HttpRequest, grant: KeyGrant, *, key: str) -> Any:
    if request.method == "POST":
        with turn_for_body(request):
            return _record(request, grant, key)
    queries.check_names(request, "cursor", "limit")
    session = find_session(grant, key)
    return _page(request, Compression.objects.filter(session=session))


def _page(request: HttpRequest, found: QuerySet[Compression]) -> shapes.CompressionPage:
    page = lists.newest_first(
        _with_summary(found),
        cursor=request.GET.get("cursor"),
        limit=queries.integer(request, "limit", default=queries.LIMIT),
    )
    return shapes.CompressionPage(
        [shapes.Compression.of(row, summary=_summary(row)) for row in page.rows],
        page.next,
    )


def _with_summary(rows: QuerySet[Compression]) -> QuerySet[Compression]:
    """With its summary alone: the rest of a text may hold 100 KB."""
    others = (f"text__{name}" for name in ("before", "after", "plan", "analysis"))
    return rows.select_related("session", "text").defer(*others)


def _summary(row: Compression) -> str:
    """Empty where the project keeps no text."""
    return row.text.summary if hasattr(row, "text") else ""


@endpoint(GET="read")
def compression(
    _request: HttpRequest, grant: KeyGrant, *, pk: int
) -> shapes.CompressionDetail:
    return shapes.CompressionDetail.read(_find(grant, pk))


def _find(grant: KeyGrant, pk: int) -> Compression:
    rows = Compression.objects.filter(project_id=grant.project_id, pk=pk)
    found = rows.select_related("session").first()
    if found is None:
        raise not_found(f"compression {pk}")
    return found


@endpoint(POST="optimize")
def review(
    request: HttpRequest, grant: KeyGrant, *, pk: int
) -> shapes.CompressionDetail:
    body: ReviewBody = decode(request.body, _review)
    if "\0" in body.note:  # PostgreSQL would refuse it
        raise BodyError("note", "must not contain NUL characters")
    _find(grant, pk)
    try:
        review_compression(
            compression_id=pk,
            project_ids=[grant.project_id],
            verdict=body.review,
            note=body.note,
            expected=body.expected,
        )
    except ReviewConflict as conflict:
        raise ApiError(409, "conflict", str(conflict), field="expected") from conflict
    return shapes.CompressionDetail.read(_find(grant, pk))


def _record(request: HttpRequest, grant: KeyGrant, key: str) -> HttpResponse:
    body: CompressionBody = decode(request.body, _compression)
    report, dialect = _reviewed(request.body, body, to_report(body, key), grant)
    outcome = record_compression(
        project_id=grant.project_id, api_key_id=grant.key_id, report=report
    )
    if isinstance(outcome, Rejection):
        raise rejected(outcome)
    rows = Compression.objects.filter(
        session_id=outcome.session_id, event_id=outcome.event_id
    )
    # None for a repeat when the row was pruned, or replaced by a better report.
    row = _with_summary(rows).first()
    answer = shapes.RecordedCompression(
        session=outcome.session,
        event_id=outcome.event_id,
        duplicate=outcome.is_duplicate,
        dialect=dialect,
        compression=None
        if row is None
        else shapes.Compression.of(row, summary=_summary(row)),
        budget=Budget.of(outcome.budget),
        events=[FiredEvent.copied(event) for event in outcome.events],
    )
    status = 200 if outcome.is_duplicate else 201
    return respond(status, answer, afterwards=lambda: look_back([outcome]))


def to_report(body: CompressionBody, key: str) -> CompressionReport:
    """The report without its messages. Tokens that were not given are 0. Raises
    BodyError.
    """
    native.check_session_key(key)
    for name in ("before", "after"):
        if getattr(body, f"{name}_tokens") is None and not _is_sent(
            getattr(body, name)
        ):
            raise BodyError(
                f"{name}_tokens", f"give {name}_tokens or the messages {name}"
            )
    if body.metadata is not None:
        native.check_metadata(body.metadata)
    return CompressionReport(
        session=key,
        before_tokens=body.before_tokens or 0,
        after_tokens=body.after_tokens or 0,
        event_id=body.event_id,
        at=native.utc(body.at) if body.at else None,
        trigger=body.trigger,
        strategy=body.strategy or "",
        model=body.model or "",
        title=body.title or "",
        lane=body.lane or "main",
        target_tokens=body.target_tokens,
        summary=(body.summary or "").replace("\0", ""),
        sets_gauge=True,
        metadata=body.metadata,
    )


def _is_sent(messages: Raw) -> bool:
    return bytes(messages) not in (b"", b"null")


def _reviewed(
    sent: bytes, body: CompressionBody, report: CompressionReport, grant: KeyGrant
) -> tuple[CompressionReport, str | None]:
    """The report, its messages counted and reviewed by a worker, and their dialect.
    Raises BodyError.
    """
    if not (_is_sent(body.before) or _is_sent(body.after)):
        return report, None
    order = ReviewOrder(
        body=sent,
        keeping=keeping_of(grant.project_id),
        summary=report.summary,
        target_tokens=body.target_tokens,
        before_tokens=body.before_tokens,
        after_tokens=body.after_tokens,
    )
    try:
        found = review_sent(order)
    except UncountedMessage as error:
        raise BodyError(error.field, error.message) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise unreadable(error) from error
    reviewed = replace(
        report,
        before_tokens=found.before_tokens,
        after_tokens=found.after_tokens,
        words=found.words,
        composition=found.held,
        leaves=found.leaves,
    )
    return reviewed, found.dialect
