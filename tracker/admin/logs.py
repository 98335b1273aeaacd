"""Who changed what: the audit log, and the admin's own history. Read-only."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from tracker.admin.read_only import ReadOnlyAdmin
from tracker.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target", "project_slug", "address")
    list_filter = ("action", "project_slug")
    search_fields = ("=actor", "=target", "=request_id")
    fields = (
        "at",
        "actor",
        "action",
        "target",
        "detail",
        "project_slug",
        "address",
        "request_id",
    )


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
