"""GET /events and /sessions/{session}/events."""

from __future__ import annotations

from django.http import HttpRequest

from tracker.api import queries
from tracker.api.endpoint import endpoint, find_session
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.budget import Event, EventPage
from tracker.domain.budget.status import LEVELS
from tracker.models import ThresholdEvent
from tracker.reading import event_lists as lists

MOST_ID = 2**63 - 1


@endpoint(GET="read")
def events(request: HttpRequest, grant: KeyGrant) -> EventPage:
    """With `after`: events with a larger id, oldest first. `next` is the next one."""
    queries.check_names(request, "after", "level", "cursor", "limit")
    limit = queries.integer(request, "limit", default=queries.LIMIT)
    found = ThresholdEvent.objects.filter(project_id=grant.project_id)
    if level := queries.choice(request, "level", LEVELS):
        found = found.filter(to_level=level)
    found = found.select_related("session")
    if "after" in request.GET:
        after = queries.integer(request, "after", default=0, least=0, most=MOST_ID)
        rows = list(found.filter(pk__gt=after).order_by("pk")[: limit + 1])
        following = str(rows[limit - 1].pk) if len(rows) > limit else None
        return EventPage([Event.of(row) for row in rows[:limit]], following)
    page = lists.newest_first(found, cursor=request.GET.get("cursor"), limit=limit)
    return EventPage([Event.of(row) for row in page.rows], page.next)


@endpoint(GET="read")
def session_events(request: HttpRequest, grant: KeyGrant, *, key: str) -> EventPage:
    queries.check_names(request, "cursor", "limit")
    session = find_session(grant, key)
    page = lists.newest_first(
        ThresholdEvent.objects.filter(session=session).select_related("session"),
        cursor=request.GET.get("cursor"),
        limit=queries.integer(request, "limit", default=queries.LIMIT),
    )
    return EventPage([Event.of(row) for row in page.rows], page.next)
