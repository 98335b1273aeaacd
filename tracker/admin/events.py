"""Threshold events."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from tracker.admin.read_only import ReadOnlyAdmin, dashboard_link
from tracker.models import ThresholdEvent


@admin.register(ThresholdEvent)
class EventAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "session",
        "from_level",
        "to_level",
        "used_tokens",
        "available_tokens",
        "policy_name",
        "dashboard",
    )
    list_filter = ("to_level", "from_level", "project", "policy_name")
    list_select_related = ("session",)
    search_fields = ("session__key", "session__title", "=event_id")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    readonly_fields = ("dashboard",)

    @admin.display(description="Dashboard")
    def dashboard(self, event: ThresholdEvent) -> str:
        return dashboard_link(reverse("session", args=[event.session_id]), "Session")
