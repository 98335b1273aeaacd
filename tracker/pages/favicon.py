"""The favicon: a gauge that carries the number of sessions in alarm."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET


@require_GET
@cache_control(max_age=86_400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    """`?alarms=3` shows a 3; what is no number shows none. Holds no secret."""
    given = request.GET.get("alarms", "")
    alarms = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    text = "99" if alarms > 99 else str(alarms)
    svg = render_to_string("tracker/favicon.svg", {"alarms": alarms, "text": text})
    return HttpResponse(svg, content_type="image/svg+xml")
