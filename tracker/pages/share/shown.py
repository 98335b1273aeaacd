"""What a shared link shows to whoever has it: one page or one badge.

No login is asked and none is used: a member who opens the link sees the same. The page
leads to no other page. Search engines are told to keep away, and no other site is told
the address.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.changes.share_links import is_open, link_of
from tracker.domain.review.reliability import score_words
from tracker.models import ShareLink
from tracker.pages.compressions.facts import facts_of, headline
from tracker.pages.compressions.numbers import numbers_of
from tracker.pages.sessions.detail import parts_of
from tracker.pages.sessions.present import judged_session
from tracker.pages.sessions.sparkline import sparklines
from tracker.pages.share.badges import BROKEN, badge_of
from tracker.reading.policies.policy_shelf import present_policies

EVENTS = 12
PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store, private",
}


@require_GET
def page(request: HttpRequest, token: str) -> HttpResponse:
    link = _link(token, "page")
    if not is_open(link):
        return _private(render(request, "tracker/share/over.html", status=410))
    if link.compression_id:
        name, context = "tracker/share/compression.html", _compression(link)
    else:
        name, context = "tracker/share/session.html", _session(link)
    context |= {"link": link, "now": timezone.now()}
    return _private(render(request, name, context))


@require_GET
def badge(request: HttpRequest, token: str) -> HttpResponse:
    """An image for a README, drawn anew at each call."""
    link = _link(token, "badge")
    shown = badge_of(link) if is_open(link) else BROKEN
    context = {"badge": shown}
    response = _private(render(request, "tracker/share/badge.svg", context))
    response.headers["Content-Type"] = "image/svg+xml"
    return response


def _link(token: str, shows: str) -> ShareLink:
    """Raises Http404, also for a link that shows something else."""
    link = link_of(token)
    if link is None or link.shows != shows:
        raise Http404("There is no such link.")
    return link


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def _session(link: ShareLink) -> dict[str, Any]:
    session = link.session
    assert session is not None
    row = judged_session(session, present_policies())
    return {
        "session": session,
        "row": row,
        "budget": row.status,
        "parts": parts_of(row.status),
        "line": sparklines([session]).get(session.pk, ""),
        "events": session.events.order_by("-at", "-pk")[:EVENTS],
        "compressions": session.compressions.order_by("-at", "-pk")[:EVENTS],
    }


def _compression(link: ShareLink) -> dict[str, Any]:
    row = link.compression
    assert row is not None
    text = getattr(row, "text", None)
    analysis = (text.analysis if text else None) or {}
    return {
        "compression": row,
        "headline": headline(analysis),
        "numbers": numbers_of(row),
        "facts": facts_of(analysis),
        "summary": text.summary if text else "",
        "score_meaning": analysis.get("score_meaning", ""),
        "score_words": score_words(analysis.get("score_version", 1)),
    }
