"""The admin's times in the zone of who reads them, as their browser names it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

COOKIE = "zone"  # set by static/tracker/frame/theme.js and admin/theme.js


class ReadersZoneMiddleware:
    """Times that are shown, and those that are typed into forms. Other pages show
    times by JavaScript; without the cookie it is UTC. The admin names the zone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(COOKIE, "")
        # The name first: where it is missing, no address of the admin is looked up.
        if not (name and request.path.startswith(_admin()) and name in _known()):
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            response = self.get_response(request)
            render = getattr(response, "render", None)  # of the admin: rendered late
            return render() if callable(render) else response


@cache
def _known() -> set[str]:
    """Read with the first cookie: 600 files are looked at."""
    return available_timezones()


def _admin() -> str:
    return reverse("admin:index")
