"""Who changed what in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from tracker.admin.read_only import ReadOnlyAdmin


@admin.register(LogEntry)
class HistoryAdmin(ReadOnlyAdmin):
    list_display = ("action_time", "user", "content_type", "object_repr", "said")
    list_filter = ("action_flag", "content_type")
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username")
    date_hierarchy = "action_time"
    ordering = ("-action_time",)

    @admin.display(description="Change")
    def said(self, entry: LogEntry) -> str:
        return entry.get_change_message()
