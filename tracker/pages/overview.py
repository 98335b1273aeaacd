"""The overview: who needs a person now, the fullest sessions, what just happened."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from tracker.domain.budget.status import LEVELS
from tracker.models import Compression, Project, ThresholdEvent
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import PERIOD_CHOICES, page_at, session_filter
from tracker.pages.frame.fragments import shared_page_or_fragment
from tracker.pages.sessions.present import judged_rows
from tracker.pages.start.first_run import first_run
from tracker.reading.policy_shelf import present_policies
from tracker.reading.sessions.lists import (
    COUNTED_UP_TO,
    SessionFilter,
    capped_counts,
    filtered_sessions,
    fullest_first,
    kept_counts,
    model_names,
)

ROWS = 50
STREAM_LINES = 14


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    projects, now = chosen_projects(request), timezone.now()
    if not sum(kept_counts(projects).values()) and not request.GET:
        return first_run(request)
    wanted = session_filter(request.GET, now=now)

    def context() -> dict[str, Any]:
        return {
            **strip(projects, wanted),
            **rows(request, projects, wanted, now=now),
            "periods": PERIOD_CHOICES,
            # Asked for by the whole page alone.
            "models": SimpleLazyObject(lambda: model_names(projects)),
            "stream": SimpleLazyObject(lambda: stream(projects)),
            "now": now,
        }

    return shared_page_or_fragment(
        request, "tracker/overview.html", "tracker/_overview_refresh.html", context
    )


def strip(projects: list[Project], wanted: SessionFilter) -> dict[str, Any]:
    """How many sessions stand at each level, the worst first."""
    by_others = SessionFilter("", wanted.model, wanted.q, wanted.active_since)
    if by_others.is_empty:
        counts = kept_counts(projects)
    else:
        counts = capped_counts(filtered_sessions(projects, by_others))
    return {
        "levels": [(level, counts[level]) for level in reversed(LEVELS)],
        "counts": counts,
        "alarms": counts["critical"] + counts["exceeded"],
        "total": sum(counts.values()),
        "is_capped": not by_others.is_empty
        and any(n > COUNTED_UP_TO for n in counts.values()),
        "cap": 10**12 if by_others.is_empty else COUNTED_UP_TO,
        "is_counted_live": by_others.is_empty,
        "wanted": wanted,
    }


def rows(
    request: HttpRequest,
    projects: list[Project],
    wanted: SessionFilter,
    *,
    now: datetime,
) -> dict[str, Any]:
    found = filtered_sessions(projects, wanted).select_related("project")
    page = page_at(
        request,
        lambda cursor: fullest_first(found, now=now, cursor=cursor, limit=ROWS),
    )
    return {"rows": judged_rows(page.rows, present_policies(), now=now), "page": page}


def stream(projects: list[Project]) -> list[ThresholdEvent | Compression]:
    """Events and compressions together, newest first."""
    within = {"project__in": [p.pk for p in projects]}
    newest: list[ThresholdEvent | Compression] = []
    for model in (ThresholdEvent, Compression):
        found = model.objects.filter(**within).select_related("session", "project")
        newest += found.order_by("-at", "-pk")[:STREAM_LINES]
    newest.sort(key=lambda row: row.at, reverse=True)
    return list(islice(newest, STREAM_LINES))
