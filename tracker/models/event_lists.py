"""Lists of threshold events and of compressions, filtered and in pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from tracker.models.compressions import Compression
from tracker.models.events import ThresholdEvent
from tracker.models.keyset import Page, Phase, keyset_page
from tracker.models.projects import Project


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list is narrowed to; empty fields narrow nothing."""

    level: str = ""
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CompressionFilter:
    review: str = ""
    trigger: str = ""
    q: str = ""


def filtered_events(
    projects: Iterable[Project], wanted: EventFilter
) -> QuerySet[ThresholdEvent]:
    """Events of these projects; `level` is the one that was reached."""
    found = ThresholdEvent.objects.filter(project__in=[p.pk for p in projects])
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
    """Compressions of these projects, without their texts."""
    found = Compression.objects.filter(project__in=[p.pk for p in projects])
    if wanted.review:
        found = found.filter(review=wanted.review)
    if wanted.trigger:
        found = found.filter(trigger=wanted.trigger)
    return _of_sessions_like(found, wanted.q).select_related("session", "project")


def newest_first(rows: QuerySet[Any], *, cursor: str | None, limit: int) -> Page:
    """A page of anything that has `at`. Raises CursorError."""
    return keyset_page([Phase(rows, ("at", "pk"))], cursor=cursor, limit=limit)


def _of_sessions_like(rows: QuerySet[Any], q: str) -> QuerySet[Any]:
    if not q:
        return rows
    return rows.filter(Q(session__key__icontains=q) | Q(session__title__icontains=q))
