"""Compressions: which to read, and one of them before and after."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.models import Compression
from tracker.models.event_lists import filtered_compressions, newest_first
from tracker.pages.chrome import chosen_projects, projects_of
from tracker.pages.conversation import conversation_of
from tracker.pages.filters import compression_filter, cursor_of
from tracker.pages.fragments import page_or_fragment
from tracker.pages.list_pages import page_at

ROWS = 50
TABS = ("pending", "flagged", "accepted", "all")
COUNTED_UP_TO = 999


@require_GET
@login_required
def compressions(request: HttpRequest) -> HttpResponse:
    projects = chosen_projects(request)
    tab = request.GET.get("review", "pending")
    tab = tab if tab in TABS else "pending"
    wanted = compression_filter(request.GET, review="" if tab == "all" else tab)
    found = filtered_compressions(projects, wanted)
    page = page_at(
        lambda cursor: newest_first(found, cursor=cursor, limit=ROWS),
        cursor_of(request),
    )
    counts = {
        name: filtered_compressions(
            projects,
            compression_filter(request.GET, review="" if name == "all" else name),
        )[: COUNTED_UP_TO + 1].count()
        for name in TABS
    }
    context = {
        "rows": page.rows,
        "page": page,
        "tab": tab,
        "tabs": counts.items(),
        "count": counts[tab],
        "wanted": wanted,
        "triggers": Compression.TRIGGERS,
        "now": timezone.now(),
    }
    return page_or_fragment(
        request, "tracker/compressions.html", "tracker/_compression_table.html", context
    )


@require_GET
@login_required
def compression(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Compression.objects.select_related("session", "project", "text", "reviewed_by"),
        pk=pk,
        project__in=[p.pk for p in projects_of(request)],
    )
    text = getattr(found, "text", None)
    context = {
        "compression": found,
        "text": text,
        "missed_by": found.after_tokens - (found.target_tokens or 0),
        "before": conversation_of(text.before if text else None),
        "after": conversation_of(text.after if text else None),
        "now": timezone.now(),
        **neighbours(found),
    }
    return render(request, "tracker/compression.html", context)


def neighbours(found: Compression) -> dict[str, int | None]:
    """The pending ones before and after it in time, in its own project."""
    pending = Compression.objects.filter(project=found.project_id, review="pending")
    newer = pending.filter(at__gt=found.at).order_by("at", "pk")
    older = pending.filter(at__lt=found.at).order_by("-at", "-pk")
    return {
        "newer": newer.values_list("pk", flat=True).first(),
        "older": older.values_list("pk", flat=True).first(),
    }
