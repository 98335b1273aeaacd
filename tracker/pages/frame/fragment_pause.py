"""How long an open page waits before it asks for the same fragment again.

Gauges, levels and counts come by the socket, ten times a second; only the order of a
list and the tables below a session wait for this. The pause grows with the number of
open pages, so that all of them together ask this process at most `ASKS_PER_SECOND`
times a second. A person who opens very many pages waits longer than everybody else, and
can at most double that number (live/hub.py).
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from tracker.live.hub import hub

ASKS_PER_SECOND = 20
SHORTEST_MS = 2_000  # as static/tracker/live/fresh_fragments.js has it
HEADER = "X-Fragment-Pause"  # milliseconds
AGE_HEADER = "X-Fragment-Age"  # milliseconds


def pause_ms(asks: int, open_pages: int) -> int:
    """For a page that asks for `asks` fragments each time."""
    return max(SHORTEST_MS, 1_000 * open_pages * asks // ASKS_PER_SECOND)


def present_pause_ms(request: HttpRequest, asks: int) -> int:
    return pause_ms(asks, hub.pages.seen_by(request.user.pk))


def tell_pause(
    request: HttpRequest, response: HttpResponse, *, asks: int, age: float = 0.0
) -> None:
    """`age` in seconds, of a fragment that was read for another page."""
    response.headers[HEADER] = str(present_pause_ms(request, asks))
    response.headers[AGE_HEADER] = str(round(age * 1_000))
