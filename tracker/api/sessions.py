"""GET /sessions, and everything below one session's address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tracker.api import compressions, events, optimize, queries, usage_history
from tracker.api.endpoint import endpoint
from tracker.api.errors import ApiError
from tracker.api.keys.keyring import KeyGrant
from tracker.api.lookup import find_session
from tracker.api.shapes import lane_dict, session_dict
from tracker.domain.budget.status import LEVELS
from tracker.models import Project, SessionLane
from tracker.reading import session_lists as lists
from tracker.reading.policy_shelf import present_policies
from tracker.reading.session_costs import cost_of_session
from tracker.reading.session_counting import counting_of
from tracker.reading.session_history import forecast_for

PREFIX = "/api/v1/sessions/"
ORDERS = ("newest", "fullest")


@endpoint(GET="read")
def sessions(request: HttpRequest, grant: KeyGrant) -> dict[str, Any]:
    queries.check_names(request, "level", "model", "q", "order", "cursor", "limit")
    found = lists.filtered_sessions(
        [Project(pk=grant.project_id)],
        lists.SessionFilter(
            level=queries.choice(request, "level", LEVELS),
            model=request.GET.get("model", ""),
            q=request.GET.get("q", ""),
        ),
    )
    order = queries.choice(request, "order", ORDERS, default="newest")
    limit = queries.integer(request, "limit", default=queries.LIMIT)
    cursor = request.GET.get("cursor")
    if order == "fullest":
        page = lists.fullest_first(
            found, now=timezone.now(), cursor=cursor, limit=limit
        )
    else:
        page = lists.newest_first(found, cursor=cursor, limit=limit)
    lanes: dict[int, list[SessionLane]] = {}
    for lane in SessionLane.objects.filter(session__in=page.rows).order_by("name"):
        lanes.setdefault(lane.session_id, []).append(lane)
    return {
        "results": [session_dict(s, lanes.get(s.pk, [])) for s in page.rows],
        "next": page.next,
    }


@endpoint(GET="read")
def session(request: HttpRequest, grant: KeyGrant, *, key: str) -> dict[str, Any]:
    queries.check_names(request)
    found = find_session(grant, key)
    lanes = list(SessionLane.objects.filter(session=found).order_by("name"))
    effective = present_policies().policy_for(found.project_id, found.model, found.pk)
    cost = cost_of_session(found)
    return {
        **session_dict(found, lanes),
        **counting_of(found, effective).as_dict(),
        "cost": None if cost is None else cost.as_dict(),
        "forecast": forecast_for(found, effective).as_dict(),
        "lane_budgets": [lane_dict(found, lane) for lane in lanes],
    }


ACTIONS: dict[str, Callable[..., HttpResponse]] = {
    "": session,
    "usage": usage_history.usage_history,
    "events": events.session_events,
    "optimize": optimize.optimize,
    "compressions": compressions.session_compressions,
}


@csrf_exempt  # the endpoints below it take a key in a header, never a cookie
def session_address(request: HttpRequest, rest: str) -> HttpResponse:
    """`{session}` or `{session}/{action}`. A key may hold `/`, sent as %2F: the raw
    path tells which slashes separate.
    """
    raw = getattr(request, "scope", {}).get("raw_path")
    if raw is not None:
        rest = raw.decode("latin-1").split("?")[0].removeprefix(PREFIX)
        parts = [unquote(part) for part in rest.split("/")]
    else:
        parts = rest.split("/")
    action = ""
    if len(parts) > 1 and parts[-1] in ACTIONS:
        action = parts.pop()
    return ACTIONS[action](request, key="/".join(parts))


@endpoint(GET="read", POST="ingest")
def unknown(request: HttpRequest, grant: KeyGrant, *, rest: str = "") -> None:
    raise ApiError(404, "not_found", "there is no such address; see /api/v1/docs")
