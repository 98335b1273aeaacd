"""The filters of a query string. An invalid value is ignored: it narrows nothing."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta

from django.http import Http404, HttpRequest, QueryDict

from tracker.domain.budget.status import LEVELS
from tracker.models import Compression
from tracker.models.notes.session_tags import tag_of
from tracker.reading.event_lists import CompressionFilter, EventFilter
from tracker.reading.keyset import CursorError, Page
from tracker.reading.sessions.active import SPANS
from tracker.reading.sessions.listing.labels import MOST, Label, read_label
from tracker.reading.sessions.listing.lists import SessionFilter

PERIODS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
PERIOD_CHOICES = [
    ("", "Any time"),
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
]
LONGEST_SEARCH = 255
TAG = "tag:"


def session_filter(query: QueryDict, *, now: datetime) -> SessionFilter:
    text, tags = without_tags(search_text(query, "q"))
    return SessionFilter(
        level=one_of(query, "level", LEVELS),
        model=search_text(query, "model"),
        q=text,
        tags=tags,
        active_since=day(query, "from") or since(query, "activity", now=now),
        idle_since=span_start(query, "idle", now=now),
        origin=search_text(query, "client"),
        repository=search_text(query, "repository"),
        active_until=day(query, "to", after=1),
        labels=labels(query),
    )


def labels(query: QueryDict) -> tuple[Label, ...]:
    """Of each `meta=team:billing`."""
    texts = (text.replace("\x00", "") for text in query.getlist("meta")[:MOST])
    return tuple(label for label in map(read_label, texts) if label)


def without_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """`tag:nightly budget` is "budget" and ("nightly",). A tag that is none is text."""
    words: list[str] = []
    tags: list[str] = []
    for word in text.split():
        name = tag_of(word[len(TAG) :]) if word.lower().startswith(TAG) else ""
        (tags if name else words).append(name or word)
    return (" ".join(words), tuple(dict.fromkeys(tags))) if tags else (text, ())


def event_filter(query: QueryDict, *, now: datetime) -> EventFilter:
    return EventFilter(
        level=one_of(query, "level", LEVELS),
        q=search_text(query, "q"),
        since=since(query, "period", now=now),
    )


def compression_filter(query: QueryDict, *, review: str) -> CompressionFilter:
    triggers = [name for name, _ in Compression.TRIGGERS]
    return CompressionFilter(
        review=review,
        trigger=one_of(query, "trigger", triggers),
        q=search_text(query, "q"),
    )


def one_of(query: QueryDict, name: str, choices: Container[str]) -> str:
    value = query.get(name, "")
    return value if value in choices else ""


def search_text(query: QueryDict, name: str) -> str:
    """Without NUL, which PostgreSQL refuses in any text."""
    return query.get(name, "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def since(query: QueryDict, name: str, *, now: datetime) -> datetime | None:
    period = PERIODS.get(query.get(name, ""))
    return now - period if period else None


def day(query: QueryDict, name: str, *, after: int = 0) -> datetime | None:
    """The start of the day `2026-11-29` in UTC, or of a day after it."""
    try:
        found = datetime.strptime(query.get(name, ""), "%Y-%m-%d").replace(tzinfo=UTC)
        return found + timedelta(days=after)
    except (ValueError, OverflowError):
        return None


def span_start(query: QueryDict, name: str, *, now: datetime) -> datetime | None:
    span = SPANS.get(query.get(name, ""))
    return now - span if span else None


def page_at(request: HttpRequest, read: Callable[[str | None], Page]) -> Page:
    """The page of a list at the cursor of the address. Raises Http404 for a cursor that
    was not made by this list.
    """
    try:
        return read(request.GET.get("cursor") or None)
    except CursorError as error:
        raise Http404("This list has no such page.") from error
