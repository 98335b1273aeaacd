"""Compressions: listed, read, recorded by clients, reviewed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct

from tracker.api import queries
from tracker.api.endpoint import endpoint, not_found
from tracker.api.errors import ApiError
from tracker.api.keyring import KeyGrant
from tracker.api.lookup import find_session
from tracker.api.shapes import compression_detail, compression_dict
from tracker.api.usage_answers import rejected
from tracker.domain.counting import estimate_tokens
from tracker.domain.messages import MessageError, message_tokens
from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import Rejection
from tracker.ingest.compressing import analyse, record_compression
from tracker.ingest.reviews import ReviewConflict, review_compression
from tracker.models import Compression
from tracker.models import event_lists as lists
from tracker.sources import native
from tracker.sources.native import BodyError, Count, Name, decode

REVIEWS = ("pending", "accepted", "flagged")
NOTE_CHARACTERS = 10_000


class CompressionBody(Struct, forbid_unknown_fields=True):
    event_id: Name | None = None
    at: Annotated[native.datetime, Meta(tz=True)] | None = None
    model: Annotated[str, Meta(max_length=200, pattern=native.NO_CONTROLS)] | None = (
        None
    )
    title: Annotated[str, Meta(max_length=255, pattern=native.NO_CONTROLS)] | None = (
        None
    )
    lane: Name | None = None
    trigger: Literal["messages", "budget", "critical", "exceeded", "manual", "auto"] = (
        "auto"
    )
    strategy: Annotated[str, Meta(max_length=64)] | None = None
    before: list[dict[str, Any]] | None = None
    after: list[dict[str, Any]] | None = None
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
def compressions(request: HttpRequest, grant: KeyGrant) -> dict[str, Any]:
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
        return _record(request, grant, key)
    queries.check_names(request, "cursor", "limit")
    session = find_session(grant, key)
    return _page(request, Compression.objects.filter(session=session))


def _page(request: HttpRequest, found: Any) -> dict[str, Any]:
    page = lists.newest_first(
        found.select_related("session", "text"),
        cursor=request.GET.get("cursor"),
        limit=queries.integer(request, "limit", default=queries.LIMIT),
    )
    return {
        "results": [compression_dict(row, summary=_summary(row)) for row in page.rows],
        "next": page.next,
    }


def _summary(row: Compression) -> str:
    """Empty where the project keeps no text."""
    return row.text.summary if hasattr(row, "text") else ""


@endpoint(GET="read")
def compression(request: HttpRequest, grant: KeyGrant, *, pk: int) -> dict[str, Any]:
    return compression_detail(_find(grant, pk))


def _find(grant: KeyGrant, pk: int) -> Compression:
    rows = Compression.objects.filter(project_id=grant.project_id, pk=pk)
    found = rows.select_related("session").first()
    if found is None:
        raise not_found(f"compression {pk}")
    return found


@endpoint(POST="optimize")
def review(request: HttpRequest, grant: KeyGrant, *, pk: int) -> dict[str, Any]:
    body: ReviewBody = decode(request.body, _review)
    if "\0" in body.note:  # PostgreSQL takes no text that holds one
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
    return compression_detail(_find(grant, pk))


def _record(
    request: HttpRequest, grant: KeyGrant, key: str
) -> tuple[int, dict[str, Any]]:
    body: CompressionBody = decode(request.body, _compression)
    report = to_report(body, key)
    outcome = record_compression(
        project_id=grant.project_id, api_key_id=grant.key_id, report=analyse(report)
    )
    if isinstance(outcome, Rejection):
        raise rejected(outcome)
    rows = Compression.objects.filter(
        session_id=outcome.session_id, event_id=outcome.event_id
    )
    row = rows.select_related("session", "text").get()
    answer = {
        "session": outcome.session,
        "event_id": outcome.event_id,
        "duplicate": outcome.is_duplicate,
        "compression": compression_dict(row, summary=_summary(row)),
        "budget": outcome.budget.as_dict(),
        "events": [event.as_dict() for event in outcome.events],
    }
    return (200 if outcome.is_duplicate else 201), answer


def to_report(body: CompressionBody, key: str) -> CompressionReport:
    """Numbers as given, else counted from the messages. Raises BodyError."""
    native.check_session_key(key)
    before = _tokens(body.before_tokens, body.before, "before")
    after = _tokens(body.after_tokens, body.after, "after")
    if body.metadata is not None:
        native.check_metadata(body.metadata)
    return CompressionReport(
        session=key,
        before_tokens=before,
        after_tokens=after,
        event_id=body.event_id,
        at=native.utc(body.at) if body.at else None,
        trigger=body.trigger,
        strategy=body.strategy or "",
        model=body.model or "",
        title=body.title or "",
        lane=body.lane or "main",
        target_tokens=body.target_tokens,
        summary=(body.summary or "").replace("\0", ""),
        before=body.before,
        after=body.after,
        sets_gauge=True,
        metadata=body.metadata,
    )


def _tokens(given: int | None, messages: list[Any] | None, name: str) -> int:
    if given is not None:
        return given
    if messages is None:
        raise BodyError(f"{name}_tokens", f"give {name}_tokens or the messages {name}")
    try:
        return sum(message_tokens(message, estimate_tokens) for message in messages)
    except MessageError as error:
        raise BodyError(f"{name}[{error.index}]", error.message) from error
