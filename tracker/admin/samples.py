"""Usage samples, newest first. The table is too large to be listed as a whole.

PostgreSQL has no index by id alone, so there a list without a session shows the last
seven days.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tracker.admin.read_only import ReadOnlyAdmin
from tracker.models import UsageSample
from tracker.upkeep.partitions import has_partitions

LISTED = timedelta(days=7)
CUT = "The last seven days. To see older samples, search by session or event id."


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
        if _is_cut(request):
            found = found.filter(at__gte=timezone.now() - LISTED)
        return found


def _is_of_session(request: HttpRequest) -> bool:
    return any(name.startswith("session") for name in request.GET)


def _is_cut(request: HttpRequest) -> bool:
    is_narrowed = _is_of_session(request) or request.GET.get("q")
    return has_partitions() and not is_narrowed


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
        "source",
        "origin",
        "is_late",
        "is_clock_skewed",
        "implausible",
        "partial",
    )
    list_select_related = ("session",)
    search_fields = ("=event_id", "=session__key")
    date_hierarchy = "at"
    ordering = ("-pk",)
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SampleList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"subtitle": CUT} if _is_cut(request) else {}
        return super().changelist_view(request, {**(extra_context or {}), **told})
