"""A session's history for the chart and for a spreadsheet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from tracker.models import LLMSession, UsageSample
from tracker.pages.charts.chart_range import chart_range
from tracker.pages.charts.history_data import history_of
from tracker.pages.charts.session_history import session_history
from tracker.pages.frame.chrome import reading_since
from tracker.pages.frame.fragment_pause import tell_pause
from tracker.pages.frame.shared_fragments import shared_fragments
from tracker.pages.sessions.detail import ASKS, visible_session
from tracker.pages.sessions.present import judged_session
from tracker.reading.csv_text import csv_text
from tracker.reading.keyset import beyond
from tracker.reading.policies.policy_shelf import present_policies

COLUMNS = (
    "at", "lane", "event_id", "model", "used_tokens", "available_tokens", "level",
    "system_tokens", "tools_tokens", "user_context_tokens", "history_tokens",
    "unattributed_tokens", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_creation_tokens", "cache_hour_tokens", "message_count", "window_tokens",
    "window_source", "source", "parts_source",
)  # fmt: skip
MOST_ROWS = 200_000  # some 30 MB
CHUNK = 1_000  # rows read and sent at a time


@require_GET
@login_required
def figure(request: HttpRequest, pk: int) -> HttpResponse:
    """The chart as plotly's JSON, in the colours of ?theme=dark or light."""
    session = visible_session(request, pk)

    def draw() -> bytes:
        return JsonResponse(_drawn(session, request)).content

    key = ("figure", request.get_full_path())
    found = shared_fragments.get(key, draw, since=reading_since(request))
    response = HttpResponse(found.content, content_type="application/json")
    tell_pause(request, response, asks=ASKS, age=found.age)
    return response


def _drawn(session: LLMSession, request: HttpRequest) -> dict[str, object]:
    wanted = chart_range(request.GET)
    limits = judged_session(session, present_policies()).status.limits
    history = history_of(session, wanted)
    theme = "light" if request.GET.get("theme") == "light" else "dark"
    return {
        "figure": session_history(history, limits, axis=wanted.axis, theme=theme),
        "sample_count": history.sample_count,
        "is_thinned": history.is_thinned,
    }


@require_GET
@login_required
def csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every lane's samples, oldest first; the newest 200,000 when there are more."""
    session = visible_session(request, pk)
    name = slugify(session.key)[:60] or f"session-{session.pk}"
    response = StreamingHttpResponse(_streamed(session), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


async def _streamed(session: LLMSession) -> AsyncIterator[bytes]:
    """Read page by page, each after the last row of the page before."""
    last = await sync_to_async(_left_out)(session)
    head: list[Sequence[object]] = [COLUMNS]
    while True:
        found = await sync_to_async(_chunk)(session, last)
        yield csv_text([*head, *(row[2:] for row in found)]).encode("utf-8", "replace")
        if len(found) < CHUNK:
            return
        head, last = [], found[-1][:2]


def _left_out(session: LLMSession) -> Sequence[Any]:
    """Time and id of the newest sample that is too many, or nothing."""
    newest = UsageSample.objects.filter(session=session).order_by("-at", "-pk")
    found = newest.values_list("at", "pk")[MOST_ROWS : MOST_ROWS + 1]
    return next(iter(found), ())


def _chunk(session: LLMSession, last: Sequence[Any]) -> list[Sequence[Any]]:
    """The samples after `last`: one query for its moment, one for what follows."""
    rows = UsageSample.objects.filter(session=session).order_by("at", "pk")
    found: list[Sequence[Any]] = []
    for following in beyond(("at", "pk"), last) if last else [Q()]:
        page = rows.filter(following).values_list("at", "pk", *COLUMNS)
        found += page[: CHUNK - len(found)]
        if len(found) == CHUNK:
            break
    return found
