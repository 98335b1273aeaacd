"""Usage samples. The table is large: newest first by id, narrowed by its session."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from tracker.admin.read_only import ReadOnlyAdmin
from tracker.models import UsageSample


class SampleList(ChangeList):
    """Offers dates within one session only: no index spans all of history."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not any(name.startswith("session") for name in request.GET):
            self.date_hierarchy = None


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
    list_filter = ("level", "source", "origin", "is_late", "is_clock_skewed")
    list_select_related = ("session",)
    search_fields = ("=event_id", "=session__key")
    date_hierarchy = "at"
    ordering = ("-pk",)
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SampleList
