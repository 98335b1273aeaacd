"""Sessions, and which policy decides each field of their budget."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import smart_split, unescape_string_literal

from tracker.admin.recorded.read_only import (
    ReadOnlyAdmin,
    among,
    dashboard_link,
    origins,
)
from tracker.domain.budget.resolution import FIELDS, EffectivePolicy
from tracker.domain.budget.status import WINDOW_SOURCES
from tracker.models import LLMSession, SessionLane
from tracker.models.settings.policies import load_policy_book
from tracker.reading.sessions.listing.searching import may_hold


class LaneInline(admin.TabularInline):
    model = SessionLane
    fields = readonly_fields = ("name", "model", "used_tokens", "level", "last_at")
    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(LLMSession)
class SessionAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "project",
        "model",
        "level",
        "used_percent",
        "sample_count",
        "last_at",
    )
    list_filter = (
        "level",
        "project",
        among("origin", origins),
        among("window_source", lambda: WINDOW_SOURCES),
    )
    list_select_related = ("project",)
    search_fields = ("key", "title")
    ordering = ("-last_at",)
    inlines = (LaneInline,)
    fieldsets = (
        (None, {"fields": ("dashboard", "project", "key", "title", "model")}),
        (
            "Now",
            {
                "fields": (
                    "level",
                    "used_percent",
                    "used_tokens",
                    "available_tokens",
                    "window_tokens",
                    "window_source",
                    "source",
                    "message_count",
                    "first_at",
                    "last_at",
                )
            },
        ),
        ("Policy", {"fields": ("policy_name", "effective_policy")}),
        (
            "Counted",
            {
                "fields": (
                    "sample_count",
                    "event_count",
                    "compression_count",
                    "saved_tokens",
                    "metadata",
                    "origin",
                    "created_at",
                )
            },
        ),
    )
    readonly_fields = ("dashboard", "used_percent", "effective_policy")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each word as Django looks for it, but only where the index may have it."""
        for word in smart_split(search_term):
            if word[0] in "\"'" and word[0] == word[-1]:
                word = unescape_string_literal(word)  # noqa: PLW2901  # as Django's own does
            ids = may_hold(word)
            if ids is not None:
                queryset = queryset.filter(pk__in=ids)
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Used", ordering="used_ratio")
    def used_percent(self, session: LLMSession) -> str:
        return f"{int(session.used_ratio * 1000) / 10:,.1f}\u00a0%"

    @admin.display(description="Dashboard")
    def dashboard(self, session: LLMSession) -> str:
        return dashboard_link(reverse("session", args=[session.pk]))

    @admin.display(description="Effective policy")
    def effective_policy(self, session: LLMSession) -> str:
        """Each field, its value, and the policy that sets it."""
        effective = load_policy_book().policy_for(
            session.project_id, session.model, session.pk
        )
        rows = format_html_join(
            "\n",
            "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td></tr>",
            [_policy_row(effective, name) for name in FIELDS],
        )
        problem = format_html("<p>{}</p>", effective.problem)
        return format_html(
            "{}<table class='effective'><thead><tr><th scope='col'>Field</th>"
            "<th scope='col'>Value</th><th scope='col'>Set by</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            problem if effective.problem else "",
            rows,
        )


def _policy_row(effective: EffectivePolicy, name: str) -> tuple[str, str, str]:
    """Field, value and origin. The origin of a window may be the model catalogue."""
    value, origin = getattr(effective.policy, name), effective.origins[name]
    if name == "window_tokens" and effective.window_source == "catalogue":
        value, origin = effective.window_tokens, "model catalogue"
    shown = f"{value:,}" if isinstance(value, int) else str(value)
    return name.replace("_", " ").capitalize(), shown, origin
