"""The list of all sessions, by any of its columns."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from tracker.models import Project
from tracker.pages.frame.active_span import active_since, active_span
from tracker.pages.frame.chrome import chosen_projects, projects_of
from tracker.pages.frame.filters import PERIOD_CHOICES, one_of, page_at, session_filter
from tracker.pages.frame.fragments import shared_page_or_fragment
from tracker.pages.sessions.lists.row_drawing import rows_by_facts
from tracker.pages.sessions.lists.saved_views import views_for
from tracker.pages.sessions.present import judged_rows, tags_of
from tracker.pages.sessions.whereabouts import CLIENTS
from tracker.reading.keyset import Page
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.active import SPAN_WORDS, SPANS
from tracker.reading.sessions.listing.lists import (
    COUNTED_UP_TO,
    filter_choices,
    filtered_sessions,
    kept_counts,
    known_tags,
)
from tracker.reading.sessions.listing.orders import (
    COLUMNS,
    NEWEST,
    in_order,
    is_ascending,
)

ROWS = 50
LIVE_ORDERS = (NEWEST, "fullest")  # those that open pages keep by themselves
ORDER_WORDS = {  # and turned round
    NEWEST: ("last active first", "longest silent first"),
    "fullest": ("fullest first", "emptiest first"),
    "tokens": ("most tokens first", "fewest tokens first"),
    "turns": ("most turns first", "fewest turns first"),
    "events": ("most events first", "fewest events first"),
    "freed": ("most freed first", "least freed first"),
    "name": ("by name", "by name from Z"),
}
HIDEABLE = {  # each column that an address may hide -> its word
    "gauge": "Gauge",
    "used": "Used",
    "tokens": "Tokens",
    "turns": "Turns",
    "events": "Events",
    "freed": "Freed",
    "seen": "Seen",
}


@require_GET
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    projects, now = chosen_projects(request), timezone.now()
    wanted = session_filter(request.GET, now=now)
    found = filtered_sessions(projects, wanted)
    order = one_of(request.GET, "order", COLUMNS) or NEWEST
    is_turned = request.GET.get("way") == "up"
    rows = found.select_related("project")

    def read(cursor: str | None) -> Page:
        return in_order(rows, order, is_turned=is_turned, cursor=cursor, limit=ROWS)

    def context() -> dict[str, Any]:
        page = page_at(request, read)
        if wanted.is_empty:
            count = sum(kept_counts(projects).values())
        elif page.next is None and "cursor" not in request.GET:
            count = len(page.rows)  # all are here: another look costs as much again
        else:
            count = found[: COUNTED_UP_TO + 1].count()
        since, hidden = active_since(request, now), hidden_columns(request)
        shown = judged_rows(page.rows, present_policies(), active_since=since)
        is_live_order = order in LIVE_ORDERS and not is_turned
        return {
            "rows": shown,
            "drawn_rows": rows_by_facts(
                shown,
                tags_of(page.rows),
                names_projects=len(projects_of(request)) > 1,
                hidden=hidden,
                orders_by_ratio=is_live_order and order == "fullest",
                now=now,
            ),
            "page": page,
            "count": count,
            "is_capped": not wanted.is_empty and count > COUNTED_UP_TO,
            "order": order,
            "is_turned": is_turned,
            "order_words": ORDER_WORDS[order][is_turned],
            "sorted": "ascending" if is_ascending(order, is_turned) else "descending",
            "is_live_order": is_live_order,
            "wanted": wanted,
            **_choices(projects),
            "periods": PERIOD_CHOICES,
            "span_word": SPAN_WORDS[active_span(request)],
            "span_ms": int(SPANS[active_span(request)].total_seconds() * 1000),
            "hidden": hidden,
            "hideable": HIDEABLE,
            **_persons(request, projects),
            "known_tags": lambda: known_tags(projects),
            "now": now,
        }

    return shared_page_or_fragment(
        request,
        "tracker/sessions/lists/list.html",
        "tracker/sessions/lists/_table.html",
        context,
        also=active_span(request),
    )


def hidden_columns(request: HttpRequest) -> list[str]:
    """`?hide=turns&hide=freed`"""
    return [name for name in request.GET.getlist("hide") if name in HIDEABLE]


def _persons(request: HttpRequest, projects: list[Project]) -> dict[str, Any]:
    """What this person may do and has kept: for the whole page, never for a fragment
    that others are shown, too.
    """
    reviewed = SimpleLazyObject(
        lambda: list(Project.objects.reviewable_by(request.user))
    )
    return {
        "may_tag": lambda: any(p in projects for p in reviewed),
        "saved_views": SimpleLazyObject(lambda: list(views_for(request))),
        "share_views_with": reviewed,
        "administered": SimpleLazyObject(
            lambda: list(Project.objects.administered_by(request.user))
        ),
    }


def _choices(projects: list[Project]) -> dict[str, Any]:
    """Asked for by the whole page alone, not by the fragments that come often."""
    found = SimpleLazyObject(lambda: filter_choices(projects))
    return {
        "choices": found,
        "models": lambda: found.models,
        "clients": lambda: [(o, CLIENTS.get(o, o)) for o in found.origins],
    }
