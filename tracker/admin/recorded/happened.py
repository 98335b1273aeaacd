"""Threshold events and compressions in the admin: their rows, without texts."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from tracker.admin.recorded.read_only import ReadOnlyAdmin, dashboard_link
from tracker.models import Compression, ThresholdEvent


class HappenedAdmin(ReadOnlyAdmin):
    """A list of what happened in sessions, the newest first."""

    list_select_related = ("session",)
    search_fields = ("session__key", "session__title", "=event_id")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    readonly_fields = ("dashboard",)


@admin.register(ThresholdEvent)
class EventAdmin(HappenedAdmin):
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

    @admin.display(description="Dashboard")
    def dashboard(self, event: ThresholdEvent) -> str:
        return dashboard_link(reverse("session", args=[event.session_id]), "Session")


@admin.register(Compression)
class CompressionAdmin(HappenedAdmin):
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

    @admin.display(description="Dashboard")
    def dashboard(self, row: Compression) -> str:
        return dashboard_link(reverse("compression", args=[row.pk]), "Review")
