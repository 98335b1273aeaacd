"""The list of all sessions as a spreadsheet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.budget.status import BudgetStatus
from tracker.models import LLMSession
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import one_of, session_filter
from tracker.reading.csv_text import csv_text
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.clients import client_of
from tracker.reading.sessions.listing.lists import filtered_sessions
from tracker.reading.sessions.listing.orders import COLUMNS, NEWEST, in_order

MOST_ROWS = 10_000
CHUNK = 500  # rows read and sent at a time; SQLite takes no more ids in a query
HEAD = (
    "session", "title", "project", "repository", "branch", "client", "model", "level",
    "used_tokens", "available_tokens", "used_percent", "turns", "events",
    "compressions", "freed_tokens", "first_at", "last_at",
)  # fmt: skip


@require_GET
@login_required
def sessions_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, all its pages: the first 10,000 sessions in its order."""
    projects, now = chosen_projects(request), timezone.now()
    found = filtered_sessions(projects, session_filter(request.GET, now=now))
    order = one_of(request.GET, "order", COLUMNS) or NEWEST
    # Which they are is asked at once: who reports meanwhile would change the order, and
    # be in it twice or not at all.
    page = in_order(
        # No objects: of 10,000 they took most of the time to the first byte.
        found.values_list("pk", COLUMNS[order], named=True),
        order,
        is_turned=request.GET.get("way") == "up",
        cursor=None,
        limit=MOST_ROWS,
    )
    ids = [session.pk for session in page.rows]
    response = StreamingHttpResponse(_streamed(ids), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="sessions.csv"'
    return response


async def _streamed(ids: Sequence[int]) -> AsyncIterator[bytes]:
    yield csv_text([HEAD]).encode()
    for start in range(0, len(ids), CHUNK):
        yield await sync_to_async(_chunk)(ids[start : start + CHUNK])


def _chunk(ids: Sequence[int]) -> bytes:
    book = present_policies()
    found = LLMSession.objects.select_related("project").in_bulk(ids)
    shown = [found[pk] for pk in ids if pk in found]  # the others were deleted
    rows = [
        _cells(each, book.policy_for(each.project_id, each.model, each.pk).judge(each))
        for each in shown
    ]
    return csv_text(rows).encode("utf-8", "replace")


def _cells(session: LLMSession, status: BudgetStatus) -> tuple[object, ...]:
    place = session.metadata if isinstance(session.metadata, dict) else {}
    return (
        session.key, session.title, session.project.slug,
        str(place.get("repository") or ""), str(place.get("branch") or ""),
        client_of(session.origin, place) or session.origin, session.model, status.level,
        status.used_tokens, status.limits.available_tokens,
        round(100 * status.used_ratio, 1), session.sample_count, session.event_count,
        session.compression_count, session.saved_tokens, session.first_at,
        session.last_at,
    )  # fmt: skip
