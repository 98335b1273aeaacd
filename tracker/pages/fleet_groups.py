"""The fleet in groups: by team, branch or any label, with tokens, cost and levels."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.pages.fleet import PERIOD_WORDS, period_of
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import search_text
from tracker.reading.sessions.listing.groups import BY, groups_of

ROWS = 100
LONGEST_NAME = 100
SPANS = {"24h": timedelta(hours=24), "14d": timedelta(days=14)}


@require_GET
@login_required
def fleet_groups(request: HttpRequest) -> HttpResponse:
    """`?by=team`, or the name of any label."""
    now, period = timezone.now(), period_of(request)
    by = search_text(request.GET, "by")[:LONGEST_NAME] or "client"
    span = SPANS.get(period)
    # A client's clock may be an hour ahead of ours.
    since, until = (now - span if span else None), now + timedelta(hours=1)
    found = groups_of(chosen_projects(request), by, since, until)
    context = {
        "by": by,
        "choices": list(dict.fromkeys([*BY, *found.names, by])),
        "period": period,
        "periods": PERIOD_WORDS.items(),
        "found": found,
        "rows": found.rows[:ROWS],
    }
    return render(request, "tracker/fleet/groups.html", context)
