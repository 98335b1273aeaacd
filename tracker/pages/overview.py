"""The overview: who needs a person now, the fullest sessions, what just happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from tracker.domain.budget.status import LEVELS
from tracker.models import Compression, Project, ThresholdEvent
from tracker.pages.charts.spread import drawn
from tracker.pages.frame.active_span import active_since, active_span, remember_span
from tracker.pages.frame.chrome import active_now, chosen_projects, projects_of
from tracker.pages.frame.filters import page_at, session_filter
from tracker.pages.frame.fragments import shared_page_or_fragment
from tracker.pages.sessions.lists.level_ranges import applied_ranges
from tracker.pages.sessions.lists.row_drawing import rows_now
from tracker.pages.sessions.present import GaugeRow, judged_rows
from tracker.pages.start.agents import agents_shown
from tracker.pages.start.first_run import first_run
from tracker.pages.start.steps import first_steps
from tracker.reading.event_lists import compressions_of, events_of
from tracker.reading.keyset import CursorError, kept_in
from tracker.reading.plan_limits import plan_limits_of
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.active import SPAN_WORDS, SPANS, spread
from tracker.reading.sessions.listing.lists import (
    COUNTED_UP_TO,
    SessionFilter,
    capped_counts,
    filtered_sessions,
    fullest_first,
    kept_counts,
    model_names,
)

ROWS = 50
IDLE_ROWS = 3
STREAM_LINES = 14


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    return _overview(request, "tracker/overview/overview.html")


@require_GET
@login_required
def tv(request: HttpRequest) -> HttpResponse:
    """The same in large type and without navigation, for a screen on a wall."""
    return _overview(request, "tracker/overview/tv.html")


def _overview(request: HttpRequest, page: str) -> HttpResponse:
    projects, now = chosen_projects(request), timezone.now()
    if not sum(kept_counts(projects).values()) and not request.GET:
        return first_run(request)
    wanted = session_filter(request.GET, now=now)
    span, since = active_span(request), active_since(request, now)

    def context() -> dict[str, Any]:
        return {
            **strip(request, projects, wanted, since=since),
            **rows(request, projects, wanted, since=since, now=now),
            "span": span,
            "span_word": SPAN_WORDS[span],
            "span_ms": int(SPANS[span].total_seconds() * 1000),
            "spans": SPAN_WORDS,
            # Only the whole page needs it.
            "models": SimpleLazyObject(lambda: model_names(projects)),
            "stream": SimpleLazyObject(lambda: stream(projects)),
            "plan_limits": SimpleLazyObject(lambda: plan_limits_of(projects, now)),
            **agents_shown(request),
            "steps": SimpleLazyObject(lambda: first_steps(request)),
            "now": now,
        }

    response = shared_page_or_fragment(
        request,
        page,
        "tracker/overview/_refresh.html",
        context,
        also=span,
    )
    remember_span(request, response)
    return response


def strip(
    request: HttpRequest,
    projects: list[Project],
    wanted: SessionFilter,
    *,
    since: datetime,
) -> dict[str, Any]:
    """How many active and idle sessions stand at each level, the worst first."""
    by_others = SessionFilter("", wanted.model, wanted.q, tags=wanted.tags)
    if by_others.is_empty:
        counts = active_now(request)
        every = kept_counts(projects)
        idle = {level: max(0, every[level] - counts[level]) for level in LEVELS}
    else:
        found = filtered_sessions(projects, by_others)
        counts = capped_counts(found.filter(last_at__gte=since))
        idle = capped_counts(
            filtered_sessions(projects, replace(by_others, idle_since=since))
        )
    is_capped = not by_others.is_empty
    return {
        "levels": [(level, counts[level]) for level in reversed(LEVELS)],
        "idle_levels": [(level, idle[level]) for level in reversed(LEVELS)],
        "counts": counts,
        "alarms": counts["critical"] + counts["exceeded"],
        "total": sum(counts.values()),
        "idle_total": sum(idle.values()),
        "is_capped": is_capped and any(n > COUNTED_UP_TO for n in counts.values()),
        "is_idle_capped": is_capped and any(n > COUNTED_UP_TO for n in idle.values()),
        "cap": COUNTED_UP_TO if is_capped else 10**12,
        "is_counted_live": by_others.is_empty,
        "wanted": wanted,
    }


def rows(
    request: HttpRequest,
    projects: list[Project],
    wanted: SessionFilter,
    *,
    since: datetime,
    now: datetime,
) -> dict[str, Any]:
    """The active sessions, a page of them, and the fullest of the idle ones."""

    def read(cursor: str | None) -> Any:
        # Later pages keep the first one's border between active and idle. Else a
        # session that becomes idle between two pages would be on neither.
        border = _border_of(cursor) if cursor else since
        active = filtered_sessions(projects, replace(wanted, active_since=border))
        return fullest_first(
            active.select_related("project"),
            cursor=cursor,
            limit=ROWS,
            keep=border.isoformat(),
        )

    page = page_at(request, read)
    silent = filtered_sessions(projects, replace(wanted, idle_since=since))
    idle = silent.select_related("project").order_by("-used_ratio", "-pk")
    book = present_policies()
    judged = judged_rows(page.rows, book, active_since=since)
    idle_rows = judged_rows(idle[:IDLE_ROWS], book, active_since=since)
    names_projects = len(projects_of(request)) > 1

    def draw(shown: list[GaugeRow]) -> SafeString:
        return rows_now(shown, names_projects=names_projects, now=now)

    return {
        "rows": judged,
        "drawn_rows": draw(judged),
        "idle_rows": idle_rows,
        "drawn_idle_rows": draw(idle_rows),
        "page": page,
        "spread": drawn(spread(projects, since)),
        "due_by_messages": sum(row.due_by_messages for row in judged),
        "ranges": applied_ranges(projects, [*judged, *idle_rows], book),
    }


def _border_of(cursor: str) -> datetime:
    try:
        border = datetime.fromisoformat(kept_in(cursor))
        if border.tzinfo is None:
            raise ValueError("a border knows its zone")
        return border.astimezone(timezone.get_default_timezone())
    except (TypeError, ValueError, OverflowError) as error:
        raise CursorError from error


def stream(projects: list[Project]) -> list[ThresholdEvent | Compression]:
    """Events and compressions together, newest first."""
    newest: list[ThresholdEvent | Compression] = []
    for found in (events_of(projects), compressions_of(projects)):
        rows = found.select_related("session", "project")
        newest += rows.order_by("-at", "-pk")[:STREAM_LINES]
    newest.sort(key=lambda row: row.at, reverse=True)
    return list(islice(newest, STREAM_LINES))
