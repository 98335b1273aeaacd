"""The list of all sessions: newest activity first, or fullest first."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.pages.frame.active_span import active_since, active_span
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import PERIOD_CHOICES, page_at, session_filter
from tracker.pages.frame.fragments import shared_page_or_fragment
from tracker.pages.sessions.present import judged_rows
from tracker.reading.keyset import Page
from tracker.reading.policy_shelf import present_policies
from tracker.reading.sessions.active import SPAN_WORDS, SPANS
from tracker.reading.sessions.lists import (
    COUNTED_UP_TO,
    filtered_sessions,
    fullest_first,
    kept_counts,
    model_names,
    newest_first,
)

ROWS = 50


@require_GET
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    projects, now = chosen_projects(request), timezone.now()
    wanted = session_filter(request.GET, now=now)
    found = filtered_sessions(projects, wanted)
    order = "fullest" if request.GET.get("order") == "fullest" else "newest"
    rows = found.select_related("project")

    def read(cursor: str | None) -> Page:
        if order == "fullest":
            return fullest_first(rows, cursor=cursor, limit=ROWS)
        return newest_first(rows, cursor=cursor, limit=ROWS)

    def context() -> dict[str, Any]:
        page = page_at(request, read)
        if wanted.is_empty:
            count = sum(kept_counts(projects).values())
        else:
            count = found[: COUNTED_UP_TO + 1].count()
        return {
            "rows": judged_rows(
                page.rows,
                present_policies(),
                active_since=active_since(request, now),
            ),
            "page": page,
            "count": count,
            "is_capped": not wanted.is_empty and count > COUNTED_UP_TO,
            "order": order,
            "wanted": wanted,
            "models": model_names(projects),
            "periods": PERIOD_CHOICES,
            "span_word": SPAN_WORDS[active_span(request)],
            "span_ms": int(SPANS[active_span(request)].total_seconds() * 1000),
            "now": now,
        }

    return shared_page_or_fragment(
        request,
        "tracker/sessions.html",
        "tracker/_sessions_table.html",
        context,
        also=active_span(request),
    )
