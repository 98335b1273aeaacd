"""How long after a report a session counts as active: each browser's own choice."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tracker.pages.frame.choices import remember
from tracker.reading.sessions.active import SPANS, span_named

COOKIE = "active"


def active_span(request: HttpRequest) -> str:
    """`?active=8h`, else the last choice of this browser, else an hour."""
    chosen = request.GET.get("active", "")
    return span_named(chosen if chosen in SPANS else request.COOKIES.get(COOKIE, ""))


def active_since(request: HttpRequest, now: datetime | None = None) -> datetime:
    return (now or timezone.now()) - SPANS[active_span(request)]


def remember_span(request: HttpRequest, response: HttpResponse) -> None:
    """Keep what was chosen with this request for the next ones."""
    chosen = request.GET.get("active", "")
    if chosen in SPANS and chosen != request.COOKIES.get(COOKIE):
        remember(response, COOKIE, chosen)
