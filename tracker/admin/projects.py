"""Projects, their members, and everybody who can log in."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from tracker.admin.audited import AuditedAdmin
from tracker.admin.recorded.read_only import dashboard_link
from tracker.changes.seen_form import SeenForm
from tracker.models import ConfigVersion, Project, ProjectMember

admin.site.unregister(User)


class PersonForm(SeenForm, UserChangeForm):
    def state_of(self, row: Model) -> str:
        """Without the last login, which comes while somebody looks at the form."""
        assert isinstance(row, User)
        row = copy(row)
        row.last_login = None
        return super().state_of(row)


class ProjectForm(SeenForm):
    def state_of(self, row: Model) -> str:
        """With the members, who stand in the same form."""
        members = ProjectMember.objects.filter(project=row.pk).order_by("pk")
        return f"{super().state_of(row)} {list(members.values_list('pk', 'role'))}"


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    """Django's own, but its changes are in the audit log."""

    form = PersonForm


class MemberInline(admin.TabularInline):
    model = ProjectMember
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(AuditedAdmin):
    form = ProjectForm
    list_display = (
        "name",
        "slug",
        "keep_messages",
        "retention_days",
        "dashboard",
        "people",
    )
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

    @admin.display(description="People")
    def people(self, project: Project) -> str:
        return dashboard_link(reverse("members", args=[project.slug]), "Add somebody")

    def save_model(
        self, request: HttpRequest, obj: Project, form: Any, change: bool
    ) -> None:
        """Save only the edited fields. The writer changes this row's counters while a
        person looks at the form: saving all fields would set them back.
        """
        if not change:
            obj.save()
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

    def save_related(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """In the same transaction as the row and its members."""
        super().save_related(request, *args, **kwargs)
        ConfigVersion.bump()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never here: a project may have millions of rows."""
        return False
