"""Projects and who may look at them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from tracker.admin.read_only import dashboard_link
from tracker.models import ConfigVersion, Project, ProjectMember


class MemberInline(admin.TabularInline):
    model = ProjectMember
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "keep_messages", "retention_days", "dashboard")
    search_fields = ("name", "slug")
    inlines = (MemberInline,)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("dashboard", "created_at")
    fields = (
        "name",
        "slug",
        "keep_messages",
        "redaction_patterns",
        "retention_days",
        "created_at",
        "dashboard",
    )

    @admin.display(description="Dashboard")
    def dashboard(self, project: Project) -> str:
        if project.pk is None:
            return "–"
        return dashboard_link(f"{reverse('overview')}?project={project.slug}")

    def save_model(
        self, request: HttpRequest, obj: Project, form: Any, change: bool
    ) -> None:
        """Only what was edited: the row's counters belong to the writer, which moves
        them while a person looks at the form.
        """
        if not change:
            obj.save()
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

    def save_related(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """The admin's own transaction holds row, members and version together."""
        super().save_related(request, *args, **kwargs)
        ConfigVersion.bump()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A project's history may be millions of rows: that is a command's work."""
        return False
