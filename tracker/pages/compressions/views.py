"""Compressions: which to read, and one of them before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.review.reliability import score_words
from tracker.ingest.compressing.due_reviews import review_looked_at
from tracker.ingest.compressing.used_again import count_for
from tracker.models import Compression, Project
from tracker.pages.compressions.access import find, neighbours, reviewable
from tracker.pages.compressions.comments import comments_of
from tracker.pages.compressions.dry_run import trial_choices
from tracker.pages.compressions.facts import facts_of, headline
from tracker.pages.compressions.inbox import (
    READ_FIRST,
    ROUTINE,
    SORTS,
    ordered,
    page_of,
    rows_for,
)
from tracker.pages.compressions.messages.cards import Card, Fold, Messages
from tracker.pages.compressions.messages.review import (
    lines_of,
    look_of,
    rows_of,
    visible_numbers,
)
from tracker.pages.compressions.numbers import numbers_of
from tracker.pages.compressions.payback import payback_of
from tracker.pages.compressions.told import lost_words
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import compression_filter, one_of, page_at
from tracker.pages.frame.fragments import page_or_fragment
from tracker.pages.sessions.detail import may_delete
from tracker.reading.event_lists import CompressionFilter, filtered_compressions

ROWS = 50
TABS = {
    "pending": "Pending",
    "flagged": "Flagged",
    "accepted": "Accepted",
    "numbers": "Numbers only",
    "all": "All",
}
COUNTED_UP_TO = 999


@require_GET
@login_required
def compressions(request: HttpRequest) -> HttpResponse:
    return inbox(request)


def inbox(request: HttpRequest, *, note: str = "") -> HttpResponse:
    """The list as the address asks for it; `note` says what was just done."""
    context = inbox_context(request) | {"note": note}
    return page_or_fragment(
        request,
        "tracker/compressions/list.html",
        "tracker/compressions/_table.html",
        context,
    )


def inbox_context(request: HttpRequest) -> dict[str, Any]:
    projects = chosen_projects(request)
    tab = one_of(request.GET, "review", TABS) or "pending"
    sort = one_of(request.GET, "sort", SORTS) or (
        "first" if tab == "pending" else "new"
    )
    wanted = _wanted(request, tab)
    found: Any = ordered(filtered_compressions(projects, wanted))
    page = page_at(
        request,
        lambda cursor: page_of(found, sort=sort, cursor=cursor, limit=ROWS),
    )
    counts = {name: _count(request, projects, name) for name in TABS}
    unjudged = Compression.objects.filter(project__in=[p.pk for p in projects])
    groups = found.filter(group=READ_FIRST)[: COUNTED_UP_TO + 1]
    return {
        "rows": rows_for(page.rows, is_grouped=tab == "pending" and sort == "first"),
        "page": page,
        "tab": tab,
        "tabs": [(name, TABS[name], n) for name, n in counts.items()],
        "count": counts[tab],
        "first_count": groups.count() if tab == "pending" else 0,
        "routine_count": found.filter(group=ROUTINE)[: COUNTED_UP_TO + 1].count()
        if tab == "pending"
        else 0,
        "unjudged": unjudged.filter(review="pending")[:1000].count(),
        "wanted": wanted,
        "sort": sort,
        "sorts": SORTS.items(),
        "triggers": Compression.TRIGGERS,
        "may_review": bool(reviewable(request)),
        "now": timezone.now(),
    }


def _wanted(request: HttpRequest, tab: str) -> CompressionFilter:
    """`?mine=1` narrows to what oneself looks after."""
    wanted = compression_filter(request.GET, review="" if tab == "all" else tab)
    is_mine = request.GET.get("mine") == "1"
    return replace(wanted, assignee=request.user.pk if is_mine else None)


def _count(request: HttpRequest, projects: list[Project], tab: str) -> int:
    wanted = _wanted(request, tab)
    return filtered_compressions(projects, wanted)[: COUNTED_UP_TO + 1].count()


@require_GET
@login_required
def compression(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    # An import has yet to review it. Or an earlier version stored it, or its worker was
    # stopped: then what was used again is counted now.
    if review_looked_at(pk) or count_for(found):
        found = find(request, pk)
    return compression_page(request, found)


def compression_page(
    request: HttpRequest, row: Compression, *, conflict: str = "", status: int = 200
) -> HttpResponse:
    """`conflict` is the present verdict, if somebody else was faster."""
    messages = Messages(row)
    look = look_of(request.GET)
    rows = rows_of(messages, look)
    shown, more = lines_of(messages)
    context = {
        "compression": row,
        "messages_known": messages.has_before or messages.has_after,
        "review": messages,
        "look": look,
        "show_all": look.show == "all",
        "rows": rows,
        "visible": visible_numbers(rows),
        "lines": shown,
        "more_lines": more,
        "fate_counts": [
            (fate, count)
            for fate, count in (messages.analysis.get("fate_counts") or {}).items()
            if count
        ],
        "headline": headline(messages.analysis),
        "told": lost_words(messages.analysis, messages.before),
        "facts": facts_of(messages.analysis, kind=look.kind),
        "score_meaning": messages.analysis.get("score_meaning", ""),
        "score_words": score_words(messages.analysis.get("score_version", 1)),
        "numbers": numbers_of(row),
        "payback": payback_of(row),
        "may_review": row.project_id in reviewable(request),
        "may_share": may_delete(request, row.project_id),
        "choices": trial_choices(request, row),
        "conflict": conflict,
        "now": timezone.now(),
        **comments_of(request, row),
        **neighbours(row),
    }
    return render(
        request, "tracker/compressions/detail/detail.html", context, status=status
    )


@require_GET
@login_required
def compression_messages(request: HttpRequest, pk: int) -> HttpResponse:
    """Messages `from` to `to` (numbers from 1): what a fold holds."""
    messages = Messages(find(request, pk))
    is_after = request.GET.get("side") == "after"
    held = messages.after if is_after else messages.before
    first, last = _index(request, "from"), _index(request, "to")
    if not 0 <= first <= last < len(held):
        raise Http404("No such messages.")
    if first == last and request.GET.get("full") == "1":
        card = messages.after_card if is_after else messages.before_card
        items: list[Card | Fold] = [card(first, is_full=True)]
    elif is_after:
        raise Http404("No such messages.")
    else:
        at = _index(request, "at")
        items = messages.stretch(first, last, opened=[at] if at >= 0 else [])
    context = {
        "items": items,
        "compression_pk": pk,
        "show_all": request.GET.get("all") == "1",
    }
    return page_or_fragment(
        request,
        "tracker/compressions/messages/messages.html",
        "tracker/compressions/messages/_items.html",
        context,
    )


def _index(request: HttpRequest, name: str) -> int:
    """The index of a message number in the address; -1 where there is none."""
    number = request.GET.get(name, "")
    # Longer than any list: int() of a huge text takes its time.
    return int(number) - 1 if number.isdecimal() and len(number) < 8 else -1
