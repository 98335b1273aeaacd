"""An address or socket without an entry in a table here fails; so does a method
or a form that is not meant for it.
"""

from __future__ import annotations

from typing import Any

from tests.isolation.admin_calls import admin_entries
from tests.isolation.api_calls import AHEAD_OF_DJANGO, API
from tests.isolation.asking import ask, routes, unnamed
from tests.isolation.export_calls import EXPORTS
from tests.isolation.page_calls import PAGES
from tests.isolation.rules import Call
from tests.isolation.socket_calls import SOCKETS
from tests.isolation.world import MARK, World


def test_every_address_has_its_entry() -> None:
    from tracker.api.intake import usage as intake
    from tracker.api.intake.bodies.of_sources import PATHS
    from tracker.api.mcp import app as recall_tools
    from tracker.gateway.request.address import PREFIX
    from tracker.live.consumers import websocket_urlpatterns

    known = PAGES.keys() | EXPORTS.keys() | API.keys()
    missing = [r for r in routes() if r not in known and admin_entries(r) is None]
    assert missing == [], "say in tests/isolation who may read these"
    assert known - set(routes()) == set(), "these addresses are gone"
    ahead = {intake.PATH, *PATHS, PREFIX, recall_tools.PATH}
    assert ahead == AHEAD_OF_DJANGO.keys()
    assert {str(p.pattern) for p in websocket_urlpatterns} == SOCKETS.keys()


async def test_no_method_that_is_not_meant_for_it_changes_or_shows_anything(
    world: World, in_db: Any
) -> None:
    """Each address by each other method, by those who may see nothing of it."""
    from tracker.models import Compression, LLMSession, Policy

    wrong = []
    for calls in (PAGES | EXPORTS | API | AHEAD_OF_DJANGO).values():
        known = {call.method for call in calls}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
            asked = Call(calls[0].path, calls[0].rule, method=method)
            for actor in ("anonymous", "stranger", "other_key", "revoked"):
                answer = await ask(world, actor, asked)
                body = answer.text.replace(world.path(calls[0].path), "")
                if answer.status_code >= 500 or MARK in unnamed(body, world):
                    where = f"{method} {calls[0].path} by {actor}"
                    wrong.append(f"{where}: {answer.status_code}")

    assert wrong == []
    left = [LLMSession, Compression, Policy]
    assert await in_db(
        lambda: [m.objects.filter(project=world.project).count() for m in left]
    ) == [1, 1, 1]
