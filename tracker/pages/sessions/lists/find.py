"""Sessions for the palette (Ctrl-K): a few that match, the last active first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tracker.pages.frame.chrome import projects_of
from tracker.pages.frame.filters import session_filter
from tracker.pages.sessions.whereabouts import whereabouts
from tracker.reading.sessions.listing.lists import filtered_sessions, newest_first

MOST = 8


@require_GET
@login_required
@never_cache
def find(request: HttpRequest) -> JsonResponse:
    wanted = session_filter(request.GET, now=timezone.now())
    found = filtered_sessions(projects_of(request), wanted).select_related("project")
    page = newest_first(found, cursor=None, limit=MOST) if wanted.q else None
    rows = page.rows if page else []
    sessions = [
        {
            "name": str(row),
            "where": " · ".join((*whereabouts(row), f"{100 * row.used_ratio:.0f} %")),
            "url": reverse("session", args=[row.pk]),
        }
        for row in rows
    ]
    return JsonResponse({"sessions": sessions})
