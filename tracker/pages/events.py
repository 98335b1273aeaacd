"""The log of threshold events."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.budget.status import LEVELS
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import PERIOD_CHOICES, event_filter, page_at
from tracker.pages.frame.fragments import shared_page_or_fragment
from tracker.reading.event_lists import filtered_events, newest_first
from tracker.reading.sessions.listing.lists import COUNTED_UP_TO

ROWS = 100


@require_GET
@login_required
def events(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    wanted = event_filter(request.GET, now=now)
    found = filtered_events(chosen_projects(request), wanted)

    def context() -> dict[str, Any]:
        page = page_at(
            request,
            lambda cursor: newest_first(found, cursor=cursor, limit=ROWS),
        )
        return {
            "rows": page.rows,
            "page": page,
            "count": found[: COUNTED_UP_TO + 1].count(),
            "wanted": wanted,
            "levels": LEVELS,
            "periods": PERIOD_CHOICES,
            "now": now,
        }

    return shared_page_or_fragment(
        request, "tracker/events/list.html", "tracker/events/_table.html", context
    )
