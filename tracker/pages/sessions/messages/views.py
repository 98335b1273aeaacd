"""The page of a session's kept messages, and one message in full."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from tracker.models import Compression, LLMSession
from tracker.pages.frame.filters import search_text
from tracker.pages.frame.fragments import page_or_fragment
from tracker.pages.sessions.detail import lane_of, visible_session
from tracker.pages.sessions.messages.cards import (
    MessageCard,
    card_of,
    cards_of,
    found_card,
    readable,
)
from tracker.reading.sessions.kept_messages import KeptMessages, Place

SHOWN = 50
SHORTEST = 2  # characters that are searched


@require_GET
@login_required
def session_messages(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_session(request, pk)
    lane = lane_of(request)
    kept = KeptMessages(found, lane)
    wanted = search_text(request.GET, "q")
    start = Place.read(request.GET.get("from", ""))
    context: dict[str, Any] = {"session": found, "kept": kept, "lane": lane}
    if "only" in request.GET:
        context["items"] = [_only(kept, request.GET["only"])]
    elif len(wanted) >= SHORTEST:
        hits = kept.search(wanted, start, limit=SHOWN, say=readable)
        context["items"] = [found_card(hit, wanted) for hit in hits.items]
        context |= {"is_search": True, "later": hits.later}
    else:
        page = kept.page(start, limit=SHOWN)
        context["items"] = cards_of(page.items)
        context |= {"earlier": page.earlier, "later": page.later}
    # Functions: a fragment shows neither the reason nor the largest messages, and so
    # does not pay for them.
    context |= {"q": wanted, "why_none": lambda: why_none(found, lane)}
    context["largest"] = kept.largest
    return page_or_fragment(
        request,
        "tracker/sessions/messages/messages.html",
        "tracker/sessions/messages/_messages.html",
        context,
    )


def _only(kept: KeptMessages, text: str) -> MessageCard:
    """One message in full. Raises Http404."""
    place = Place.read(text)
    message = kept.one(place) if place else None
    if message is None:
        raise Http404("There is no such message.")
    return card_of(message, is_full=True)


def why_none(found: LLMSession, lane: str) -> str:
    """`off`, `early` (no compression yet) or `numbers` (they came without texts)."""
    if found.project.keep_messages == "no":
        return "off"
    cuts = Compression.objects.filter(session=found, lane=lane)
    return "numbers" if cuts.exists() else "early"
