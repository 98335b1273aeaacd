"""Lists of threshold events and of compressions, filtered and paged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from tracker.models.compressions import (
    NUMBERS_ONLY,
    WAITING,
    Compression,
    CompressionText,
)
from tracker.models.events import ThresholdEvent
from tracker.models.notes.comments import CompressionComment
from tracker.models.projects import Project
from tracker.reading.keyset import Page, Phase, keyset_page
from tracker.reading.several_projects import of_projects

# Summaries have no index and up to 100 KB each, so a search reads only the newest.
SUMMARIES_SEARCHED = 200
UNJUDGED = {"pending": WAITING, "numbers": NUMBERS_ONLY}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list is narrowed to; empty fields narrow nothing."""

    level: str = ""
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CompressionFilter:
    """`review` is a verdict, "pending" (can be judged) or "numbers" (cannot)."""

    review: str = ""
    trigger: str = ""
    q: str = ""
    assignee: int | None = None  # a user's key


def events_of(projects: Iterable[Project]) -> QuerySet[ThresholdEvent]:
    """The threshold events of these projects, for a list in an order of its own."""
    return _of(ThresholdEvent.objects.all(), projects)


def compressions_of(projects: Iterable[Project]) -> QuerySet[Compression]:
    """The compressions of these projects, for a list in an order of its own."""
    return _of(Compression.objects.all(), projects)


def _of(rows: QuerySet[Any], projects: Iterable[Project]) -> QuerySet[Any]:
    """`last_seq` counts a project's events and compressions together."""
    shown = list(projects)
    return of_projects(rows, shown, about=sum(p.last_seq for p in shown))


def filtered_events(
    projects: Iterable[Project], wanted: EventFilter
) -> QuerySet[ThresholdEvent]:
    """Events of these projects. `level` is the level that was reached."""
    found = events_of(projects)
    if wanted.level:
        found = found.filter(to_level=wanted.level)
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lt=wanted.until)
    return _of_sessions_like(found, wanted.q).select_related("session", "project")


def filtered_compressions(
    projects: Iterable[Project], wanted: CompressionFilter
) -> QuerySet[Compression]:
    """Compressions of these projects, without their texts. `q` is looked for in the
    session's key and title, in comments, and in the newest SUMMARIES_SEARCHED
    summaries.
    """
    if wanted == CompressionFilter():
        found = compressions_of(projects)
    else:  # those that wait for a person are few, and in an index by project
        found = Compression.objects.filter(project__in=[p.pk for p in projects])
    if wanted.review in UNJUDGED:
        found = found.filter(UNJUDGED[wanted.review])
    elif wanted.review:
        found = found.filter(review=wanted.review)
    if wanted.trigger:
        found = found.filter(trigger=wanted.trigger)
    if wanted.q:
        summarised = Q(pk__in=_with_summary_like(found, wanted.q))
        said = CompressionComment.objects.filter(text__icontains=wanted.q)
        commented = Q(pk__in=said.values("compression"))
        found = found.filter(_session_like(wanted.q) | summarised | commented)
    if wanted.assignee is not None:
        found = found.filter(assignment__assignee=wanted.assignee)
    return found.select_related("session", "project", "assignment__assignee")


def _with_summary_like(found: QuerySet[Compression], q: str) -> list[int]:
    newest = found.order_by("-at", "-pk").values_list("pk", flat=True)
    texts = CompressionText.objects.filter(
        pk__in=list(newest[:SUMMARIES_SEARCHED]), summary__icontains=q
    )
    return list(texts.values_list("pk", flat=True))


def newest_first(rows: QuerySet[Any], *, cursor: str | None, limit: int) -> Page:
    """A page of anything that has `at`. Raises CursorError."""
    return keyset_page([Phase(rows, ("-at", "-pk"))], cursor=cursor, limit=limit)


def _of_sessions_like(rows: QuerySet[Any], q: str) -> QuerySet[Any]:
    if not q:
        return rows
    return rows.filter(_session_like(q))


def _session_like(q: str) -> Q:
    return Q(session__key__icontains=q) | Q(session__title__icontains=q)
