"""GET /sessions, GET /sessions/{session}, and which view serves what is below."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tracker.api import compressions, events, queries
from tracker.api.endpoint import endpoint, find_session
from tracker.api.errors import ApiError
from tracker.api.keys.keyring import KeyGrant
from tracker.api.optimizing import optimize
from tracker.api.sessions import composition, recall, usage_history
from tracker.api.shapes.sessions import Session, SessionDetail, SessionPage
from tracker.domain.budget.status import LEVELS
from tracker.models import Project, SessionLane
from tracker.reading.sessions.listing import labels, lists
from tracker.sources.body_errors import BodyError

PREFIX = "/api/v1/sessions/"
ORDERS = ("newest", "fullest")


@endpoint(GET="read")
def sessions(request: HttpRequest, grant: KeyGrant) -> SessionPage:
    queries.check_names(
        request, "level", "model", "q", "meta", "order", "cursor", "limit"
    )
    found = lists.filtered_sessions(
        Project.objects.filter(pk=grant.project_id),
        lists.SessionFilter(
            level=queries.choice(request, "level", LEVELS),
            model=request.GET.get("model", ""),
            q=queries.search(request, "q"),
            labels=_labels(request),
        ),
    )
    order = queries.choice(request, "order", ORDERS, default="newest")
    limit = queries.integer(request, "limit", default=queries.LIMIT)
    cursor = request.GET.get("cursor")
    if order == "fullest":
        page = lists.fullest_first(found, cursor=cursor, limit=limit)
    else:
        page = lists.newest_first(found, cursor=cursor, limit=limit)
    lanes: dict[int, list[SessionLane]] = {}
    for lane in SessionLane.objects.filter(session__in=page.rows).order_by("name"):
        lanes.setdefault(lane.session_id, []).append(lane)
    return SessionPage(
        [Session.of(row, lanes.get(row.pk, [])) for row in page.rows], page.next
    )


def _labels(request: HttpRequest) -> tuple[labels.Label, ...]:
    """Of each `meta=team:billing`. Raises BodyError."""
    texts = request.GET.getlist("meta")
    found = [label for label in map(labels.read_label, texts) if label]
    if len(found) < len(texts) or len(found) > labels.MOST or "\0" in "".join(texts):
        raise BodyError(
            "meta", f"must be a label like team:billing, {labels.MOST} at most"
        )
    return tuple(found)


@endpoint(GET="read")
def session(request: HttpRequest, grant: KeyGrant, *, key: str) -> SessionDetail:
    queries.check_names(request)
    return SessionDetail.read(find_session(grant, key))


ACTIONS: dict[str, Callable[..., HttpResponse]] = {
    "": session,
    "usage": usage_history.usage_history,
    "events": events.session_events,
    "recall": recall.recall,
    "optimize": optimize.optimize,
    "compressions": compressions.session_compressions,
    "composition": composition.composition,
}


@csrf_exempt  # the views take a key in a header, never a cookie
def session_address(request: HttpRequest, rest: str) -> HttpResponse:
    """`{session}` or `{session}/{action}`.

    A session's key may hold `/`, which is sent as %2F. Django decodes the path, so only
    the raw one tells which slashes separate.
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
def unknown(_request: HttpRequest, _grant: KeyGrant, **_: str) -> None:
    raise ApiError(404, "not_found", "there is no such address; see /api/v1/docs")
