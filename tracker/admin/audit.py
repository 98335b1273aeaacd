"""The audit log, read-only."""

from __future__ import annotations

from django.contrib import admin

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
