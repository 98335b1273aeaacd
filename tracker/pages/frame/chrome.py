"""What every page's frame shows: the projects one may see, counts, the live address."""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tracker import __version__
from tracker.models import Compression, Project
from tracker.models.compressions import WAITING
from tracker.pages.frame.active_span import active_since, active_span
from tracker.reading.sessions.active import active_counts

PENDING_UP_TO = 99
THEMES = ("system", "light", "dark")


def chrome(request: HttpRequest) -> dict[str, object]:
    """Lazy: a page without the frame (the admin, an error page) makes no query."""
    theme = request.COOKIES.get("theme", "")
    return {
        "app_version": __version__,
        "theme": theme if theme in THEMES else "system",
        "frame": SimpleLazyObject(lambda: frame_of(request)),
    }


def projects_of(request: HttpRequest) -> list[Project]:
    """The visible projects; read once per request, whoever asks first."""
    known: list[Project] | None = getattr(request, "visible_projects", None)
    if known is None:
        since = time.monotonic()
        known = list(Project.objects.visible_to(request.user))
        request.__dict__ |= {"visible_projects": known, "reading_since": since}
    return known


def reading_since(request: HttpRequest) -> float:
    """`time.monotonic()` when the request began to read; its projects come first."""
    projects_of(request)
    return float(request.__dict__["reading_since"])


def chosen_projects(request: HttpRequest) -> list[Project]:
    """Narrowed to ?project=slug. A slug one may not see gives no project at all."""
    slug = request.GET.get("project", "")
    return [p for p in projects_of(request) if not slug or p.slug == slug]


def frame_of(request: HttpRequest) -> dict[str, object]:
    projects = projects_of(request)
    chosen = chosen_projects(request)  # what the socket of this page counts, too
    active = active_now(request)
    return {
        "projects": projects,
        "chosen": request.GET.get("project", ""),
        "pending_count": pending_count(chosen),
        "pending_up_to": PENDING_UP_TO,
        "alarm_count": active["critical"] + active["exceeded"],
        "active_span": active_span(request),
        "ping_seconds": settings.LIVE_PING_SECONDS,
        "after": ",".join(f"{p.slug}:{p.last_seq}" for p in projects),
    }


def active_now(request: HttpRequest) -> dict[str, int]:
    """The active sessions of the chosen projects per level; read once per request."""
    known: dict[str, int] | None = getattr(request, "active_now", None)
    if known is None:
        projects = [project.pk for project in chosen_projects(request)]
        known = active_counts(projects, active_since(request))
        request.__dict__["active_now"] = known
    return known


def pending_count(projects: list[Project]) -> int:
    """Compressions that wait for a person, counted up to one more than 99."""
    waiting = Compression.objects.filter(WAITING, project__in=[p.pk for p in projects])
    return waiting[: PENDING_UP_TO + 1].count()
