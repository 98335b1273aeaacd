"""Compressions: their numbers. The dashboard shows their texts."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from tracker.admin.read_only import ReadOnlyAdmin, dashboard_link
from tracker.models import Compression


@admin.register(Compression)
class CompressionAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "session",
        "performed_by",
        "trigger",
        "before_tokens",
        "after_tokens",
        "score",
        "facts_lost",
        "review",
        "dashboard",
    )
    list_filter = ("review", "performed_by", "trigger", "is_advice", "project")
    list_select_related = ("session",)
    search_fields = ("session__key", "session__title", "=event_id")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    readonly_fields = ("dashboard",)

    @admin.display(description="Dashboard")
    def dashboard(self, row: Compression) -> str:
        return dashboard_link(reverse("compression", args=[row.pk]), "Review")
