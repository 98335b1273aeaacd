"""The list of compressions: which to read."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.models import Compression
from tracker.models.event_lists import filtered_compressions, newest_first
from tracker.pages.chrome import chosen_projects
from tracker.pages.filters import compression_filter, cursor_of
from tracker.pages.fragments import page_or_fragment
from tracker.pages.list_pages import page_at

ROWS = 50
TABS = ("pending", "flagged", "accepted", "all")
COUNTED_UP_TO = 999


@require_GET
@login_required
def compressions(request: HttpRequest) -> HttpResponse:
    projects = chosen_projects(request)
    tab = request.GET.get("review", "pending")
    tab = tab if tab in TABS else "pending"
    wanted = compression_filter(request.GET, review="" if tab == "all" else tab)
    found = filtered_compressions(projects, wanted)
    page = page_at(
        lambda cursor: newest_first(found, cursor=cursor, limit=ROWS),
        cursor_of(request),
    )
    counts = {
        name: filtered_compressions(
            projects,
            compression_filter(request.GET, review="" if name == "all" else name),
        )[: COUNTED_UP_TO + 1].count()
        for name in TABS
    }
    context = {
        "rows": page.rows,
        "page": page,
        "tab": tab,
        "tabs": counts.items(),
        "count": counts[tab],
        "wanted": wanted,
        "triggers": Compression.TRIGGERS,
        "now": timezone.now(),
    }
    return page_or_fragment(
        request, "tracker/compressions.html", "tracker/_compression_table.html", context
    )
