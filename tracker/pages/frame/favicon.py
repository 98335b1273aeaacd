"""The favicon: a gauge with the number of sessions in alarm, or one session's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from tracker.pages.charts.palette import LIGHT

RESTING = "#8891a0"  # seen on light and on dark tabs
COLOURS = LIGHT.levels | {"ok": RESTING}
INSIDE = 20  # how wide the gauge is when full, in units of the drawing


@require_GET
@cache_control(max_age=86_400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    """`?alarms=3` shows a 3, `?used=80&level=warning` a session's gauge; what is no
    number or level shows the resting one. Holds no secret.
    """
    alarms = _number(request, "alarms", 0)
    used = min(100, _number(request, "used", 65))
    context = {
        "alarms": alarms,
        "text": "99" if alarms > 99 else str(alarms),
        "width": INSIDE * used / 100,
        "colour": COLOURS.get(request.GET.get("level", ""), RESTING),
    }
    svg = render_to_string("tracker/frame/favicon.svg", context)
    return HttpResponse(svg, content_type="image/svg+xml")


def _number(request: HttpRequest, name: str, otherwise: int) -> int:
    given = request.GET.get(name, "")
    is_number = given.isascii() and given.isdigit() and len(given) < 9
    return int(given) if is_number else otherwise
