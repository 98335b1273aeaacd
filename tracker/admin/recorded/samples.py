"""Usage samples, newest first. The table is too large to be listed as a whole, and has
no index by time, id or event alone: a list without a session is that of its newest.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from tracker.admin.recorded.read_only import ReadOnlyAdmin, among, origins
from tracker.models import LLMSession, Project, UsageSample

LISTED = 500  # sessions, the last active ones
CUT = (
    f"The newest samples: of the {LISTED} sessions that reported last, since the "
    "earliest of them did. To see others, search by a session's key."
)
SOURCES = ("reported", "counted", "estimated")
IMPLAUSIBLE = ("", "zero_input", "helper_call", "rewound")
PARTIAL = ("", "tool_loop")


class SampleList(ChangeList):
    """Offers the links by date within one session only: no index has all dates."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not _is_of_session(request):
            self.date_hierarchy = None

    def get_queryset(  # type: ignore[override]  # Django passes more by name
        self, request: HttpRequest, **options: Any
    ) -> QuerySet[Any]:
        found = super().get_queryset(request, **options)
        is_narrowed = _is_of_session(request) or request.GET.get("q")
        return found if is_narrowed else newest_samples(found)


def newest_samples(samples: QuerySet[Any]) -> QuerySet[Any]:
    """Those since the last report of the last of the LISTED last active sessions. Each
    of these has one, so the LISTED newest of all samples are among them.
    """
    newest = LLMSession.objects.exclude(last_at=None).order_by("-last_at", "-pk")
    rows = list(newest.values_list("pk", "last_at")[:LISTED])
    if not rows:
        return samples.none()
    return samples.filter(session__in=[pk for pk, _ in rows], at__gte=rows[-1][1])


def _is_of_session(request: HttpRequest) -> bool:
    return any(name.startswith("session") for name in request.GET)


@admin.register(UsageSample)
class SampleAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "session",
        "lane",
        "model",
        "used_tokens",
        "level",
        "source",
        "output_tokens",
        "message_count",
        "event_id",
    )
    list_filter = (
        "level",
        among("source", lambda: SOURCES),
        among("origin", origins),
        "is_late",
        "is_clock_skewed",
        among("implausible", lambda: IMPLAUSIBLE),
        among("partial", lambda: PARTIAL),
    )
    list_select_related = ("session",)
    search_fields = ("=event_id", "=session__key")
    search_help_text = "A session's key, or the event id of one of the newest samples"
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SampleList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """All samples of the sessions with this key; without one those with this event
        id, of one session or among the newest.
        """
        term = search_term.strip().strip('"')
        if not term:
            return queryset, False
        projects = list(Project.objects.order_by().values_list("pk", flat=True))
        sessions = LLMSession.objects.filter(project__in=projects, key=term)
        if ids := list(sessions.values_list("pk", flat=True)):
            return queryset.filter(session__in=ids), False
        if not _is_of_session(request):
            queryset = newest_samples(queryset)
        return queryset.filter(event_id=term), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        is_cut = not _is_of_session(request) and not request.GET.get("q")
        told = {"subtitle": CUT} if is_cut else {}
        return super().changelist_view(request, {**(extra_context or {}), **told})
