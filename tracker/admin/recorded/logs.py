"""Who changed what: the audit log, and the admin's own history. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from tracker.admin.recorded.read_only import ReadOnlyAdmin
from tracker.models import AuditEntry


class ProjectFilter(admin.AllValuesFieldListFilter):
    """Entries of no project have a name, too: a link without text cannot be heard."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "none"}


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target", "said", "address")
    list_filter = ("action", ("project_slug", ProjectFilter))
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

    @admin.display(description="What changed")
    def said(self, entry: AuditEntry) -> str:
        """A change in a line."""
        return format_html_join(
            mark_safe("<br>"), "{}", ((part,) for part in entry.detail.split("; "))
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
