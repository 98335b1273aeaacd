"""GET /sessions/{session}/composition: what fills its window."""

from __future__ import annotations

from django.http import HttpRequest

from tracker.api import queries
from tracker.api.endpoint import endpoint, find_session
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.composition import WindowComposition
from tracker.reading.sessions.composition import MOST_TURNS, TURNS, composition_of


@endpoint(GET="read")
def composition(
    request: HttpRequest, grant: KeyGrant, *, key: str
) -> WindowComposition:
    queries.check_names(request, "lane", "turns")
    session = find_session(grant, key)
    turns = queries.integer(request, "turns", default=TURNS, least=1, most=MOST_TURNS)
    lane = request.GET.get("lane", "main")
    return WindowComposition.of(key, composition_of(session, lane, turns=turns))
