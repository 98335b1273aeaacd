"""Lists of sessions, filtered and paged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from tracker.domain.budget.status import LEVELS
from tracker.models.notes.session_tags import SessionTag
from tracker.models.projects import Project
from tracker.models.sessions import LLMSession
from tracker.reading.keyset import Page, Phase, keyset_page
from tracker.reading.sessions.listing.labels import Label, split_search, with_label
from tracker.reading.sessions.listing.searching import may_hold
from tracker.reading.several_projects import FEW, not_by_project, of_projects

COUNTED_UP_TO = 1_000  # a filtered count beyond this is shown as "1,000+"


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What a list is narrowed to; empty fields narrow nothing."""

    level: str = ""
    model: str = ""
    q: str = ""
    active_since: datetime | None = None
    idle_since: datetime | None = None  # those without a report from then on
    origin: str = ""  # which way they came: claude_code, codex, api
    repository: str = ""
    active_until: datetime | None = None
    labels: tuple[Label, ...] = ()  # all of them
    tags: tuple[str, ...] = ()  # all of them

    @property
    def typed(self) -> str:
        """The search as a person types it: `tag:nightly budget`."""
        return " ".join((*(f"tag:{name}" for name in self.tags), self.q)).strip()

    @property
    def is_empty(self) -> bool:
        return self == SessionFilter()


def sessions_of(projects: Iterable[Project]) -> QuerySet[LLMSession]:
    """The sessions of these projects, for a list in an order of its own."""
    shown = list(projects)
    about = sum(kept_counts(shown).values())
    return of_projects(LLMSession.objects.all(), shown, about=about)


def filtered_sessions(
    projects: Iterable[Project], wanted: SessionFilter
) -> QuerySet[LLMSession]:
    """Sessions of these projects; `q` is looked for in key, title and metadata. Terms
    like `team:billing` in it are labels.

    `projects` as they are stored: a level where they count nobody is not looked for.
    """
    shown = list(projects)
    if wanted.level:
        shown = [p for p in shown if kept_counts([p])[wanted.level] > 0]
    same = {
        "level": wanted.level,
        "model": wanted.model,
        "origin": wanted.origin,
        "metadata__repository": wanted.repository,
    }
    few = _reported_since(shown, wanted.active_since)
    found = sessions_of(shown) if few is None else few
    found = found.filter(**{name: v for name, v in same.items() if v})
    if wanted.active_until:
        found = found.filter(last_at__lt=wanted.active_until)
    if wanted.active_since:
        found = found.filter(last_at__gte=wanted.active_since)
    if wanted.idle_since:
        # Nearly all are idle: not by an index of their times, but by that of the order.
        found = found.exclude(last_at__gte=wanted.idle_since, last_at__isnull=False)
    if not shown:
        return found
    ids = [project.pk for project in shown]
    for name in wanted.tags:
        tagged = SessionTag.objects.filter(project_id__in=ids, name=name)
        found = found.filter(pk__in=tagged.values("session"))
    for label in wanted.labels:
        found = with_label(found, label, or_text=False)
    named, text = split_search(wanted.q)
    for label in named:
        found = with_label(found, label, or_text=True)
    return _holding(found, text) if text else found


def _reported_since(
    shown: list[Project], start: datetime | None
) -> QuerySet[LLMSession] | None:
    """The sessions of these projects by their ids, where few of many reported since
    `start`: for one active session SQLite looked at all 100,000, the fullest first.
    """
    if start is None or sum(kept_counts(shown).values()) <= FEW:
        return None
    active = LLMSession.objects.filter(last_at__gte=start).order_by("-last_at")
    ids = list(active.values_list("pk", flat=True)[: FEW + 1])
    if len(ids) > FEW:
        return None
    rows = LLMSession.objects.filter(pk__in=ids)
    return not_by_project(rows, [project.pk for project in shown])


def _holding(found: QuerySet[LLMSession], text: str) -> QuerySet[LLMSession]:
    ids = may_hold(text)
    if ids is not None:
        found = found.filter(pk__in=ids)
    return found.annotate(metadata_text=Cast("metadata", TextField())).filter(
        Q(key__icontains=text)
        | Q(title__icontains=text)
        | Q(metadata_text__icontains=text)
    )


def fullest_first(
    sessions: QuerySet[LLMSession],
    *,
    cursor: str | None,
    limit: int,
    keep: object = None,
) -> Page:
    """By share of the available tokens, however long ago they reported. Raises
    CursorError. `keep` as in `keyset_page`.
    """
    phases = (Phase(sessions, ("-used_ratio", "-pk")),)
    return keyset_page(phases, cursor=cursor, limit=limit, keep=keep)


def newest_first(
    sessions: QuerySet[LLMSession], *, cursor: str | None, limit: int
) -> Page:
    """Last active first. Sessions that never reported usage come last."""
    phases = (
        Phase(sessions.exclude(last_at=None), ("-last_at", "-pk")),
        Phase(never_reported(sessions), ("-pk",)),
    )
    return keyset_page(phases, cursor=cursor, limit=limit)


def never_reported(sessions: QuerySet[LLMSession]) -> QuerySet[LLMSession]:
    """Those without a report. By an index: in the order of their ids, SQLite would look
    for a text in every session first.
    """
    known = LLMSession.objects.filter(last_at=None)
    return sessions.filter(pk__in=known.values("pk"))


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


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: of the 2,000 last active sessions, by name."""

    models: list[str]
    origins: list[str]
    repositories: list[str]


def filter_choices(projects: Iterable[Project], *, limit: int = 100) -> Choices:
    """The most used of each. One query."""
    newest = sessions_of(projects)
    # Found by the database: to decode 2,000 objects took a fifth of the page's time.
    place = KeyTextTransform("repository", "metadata")
    rows = newest.exclude(last_at=None).order_by("-last_at")
    found: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    counted = Counter(rows.values_list("model", "origin", place)[:2_000])
    for named, count in counted.items():
        for counter, name in zip(found, named, strict=True):
            if isinstance(name, str) and name:
                counter[name] += count
    return Choices(*(sorted(n for n, _ in c.most_common(limit)) for c in found))


def known_tags(projects: Iterable[Project], *, limit: int = 100) -> list[str]:
    """Tags of these projects' sessions, the most used of them, by name."""
    rows = SessionTag.objects.filter(project_id__in=[p.pk for p in projects])
    counted = rows.order_by().values_list("name").annotate(count=Count("pk"))
    return sorted(name for name, _ in counted.order_by("-count", "name")[:limit])


def model_names(projects: Iterable[Project], *, limit: int = 100) -> list[str]:
    """Models of the 2,000 last active sessions, the most used of them, by name."""
    newest = (
        sessions_of(projects)
        .exclude(last_at=None)
        .order_by("-last_at")
        .values_list("model", flat=True)[:2_000]
    )
    found = Counter(name for name in newest if name)
    return sorted(name for name, _ in found.most_common(limit))
