"""Lists of sessions, filtered and paged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from tracker.domain.budget.status import LEVELS
from tracker.models.projects import Project
from tracker.models.sessions import LLMSession
from tracker.reading.keyset import CursorError, Page, Phase, kept_in, keyset_page

ACTIVE_WITHIN = timedelta(hours=24)
COUNTED_UP_TO = 1_000  # a filtered count beyond this is shown as "1,000+"


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What a list is narrowed to; empty fields narrow nothing."""

    level: str = ""
    model: str = ""
    q: str = ""
    active_since: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self == SessionFilter()


def filtered_sessions(
    projects: Iterable[Project], wanted: SessionFilter
) -> QuerySet[LLMSession]:
    """Sessions of these projects; `q` is looked for in key, title and metadata."""
    found = LLMSession.objects.filter(project__in=[p.pk for p in projects])
    if wanted.level:
        found = found.filter(level=wanted.level)
    if wanted.model:
        found = found.filter(model=wanted.model)
    if wanted.active_since:
        found = found.filter(last_at__gte=wanted.active_since)
    if wanted.q:
        found = found.annotate(metadata_text=Cast("metadata", TextField())).filter(
            Q(key__icontains=wanted.q)
            | Q(title__icontains=wanted.q)
            | Q(metadata_text__icontains=wanted.q)
        )
    return found


def fullest_first(
    sessions: QuerySet[LLMSession], *, now: datetime, cursor: str | None, limit: int
) -> Page:
    """Sessions active within 24 hours of `now`, then the others; each fullest first.

    The border between the two is kept in the cursor. If each page took its own, a
    session that crosses the border meanwhile would be shown twice or never. Raises
    CursorError.
    """
    since = _border_of(cursor) if cursor else now - ACTIVE_WITHIN
    order = ("-used_ratio", "-pk")
    phases = (
        Phase(sessions.filter(last_at__gte=since), order),
        Phase(sessions.filter(Q(last_at__lt=since) | Q(last_at=None)), order),
    )
    kept = since.isoformat()
    return keyset_page(phases, cursor=cursor, limit=limit, keep=kept)


def _border_of(cursor: str) -> datetime:
    try:
        border = datetime.fromisoformat(kept_in(cursor))
        if border.tzinfo is None:
            raise ValueError("a border knows its zone")
        return border.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise CursorError from error


def newest_first(
    sessions: QuerySet[LLMSession], *, cursor: str | None, limit: int
) -> Page:
    """Last active first. Sessions that never reported usage come last."""
    phases = (
        Phase(sessions.exclude(last_at=None), ("-last_at", "-pk")),
        Phase(sessions.filter(last_at=None), ("-pk",)),
    )
    return keyset_page(phases, cursor=cursor, limit=limit)


def kept_counts(projects: Iterable[Project]) -> dict[str, int]:
    """Sessions per level, from the sums that the writer keeps: no row is counted."""
    shown = list(projects)
    return {level: sum(getattr(p, f"{level}_count") for p in shown) for level in LEVELS}


def capped_counts(sessions: QuerySet[LLMSession]) -> dict[str, int]:
    """Sessions per level, each counted up to one more than COUNTED_UP_TO."""
    return {
        level: sessions.filter(level=level)[: COUNTED_UP_TO + 1].count()
        for level in LEVELS
    }


def model_names(projects: Iterable[Project], *, limit: int = 100) -> list[str]:
    """Models of the 2,000 last active sessions, the most used of them, by name."""
    newest = (
        LLMSession.objects.filter(project__in=[p.pk for p in projects])
        .exclude(last_at=None)
        .order_by("-last_at")
        .values_list("model", flat=True)[:2_000]
    )
    found = Counter(name for name in newest if name)
    return sorted(name for name, _ in found.most_common(limit))
