"""API keys: shown once when they are made, revoked for good, never deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tracker.admin.audited import AuditedAdmin
from tracker.changes.access.api_keys import create_api_key, revoke_api_key
from tracker.changes.seen_form import SeenForm
from tracker.models import ApiKey, ConfigVersion
from tracker.models.access.api_keys import DEFAULT_SCOPES, SCOPES


class ApiKeyForm(SeenForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=list(DEFAULT_SCOPES),
    )

    class Meta:
        model = ApiKey
        fields = ("project", "name", "scopes", "rate_limit_per_minute", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin):
    form = ApiKeyForm
    list_display = (
        "name",
        "project",
        "shown_prefix",
        "state",
        "created_at",
        "last_used_at",
        "expires_at",
    )
    list_filter = ("project",)
    list_select_related = ("project",)
    search_fields = ("name", "=shown_prefix")
    readonly_fields = ("shown_prefix", "state", "created_at", "last_used_at")
    actions = ("revoke",)

    @admin.display(description="State")
    def state(self, row: ApiKey) -> str:
        if row.revoked_at:
            return f"revoked {row.revoked_at:%-d %b %Y, %H:%M} UTC"
        return "active"

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        shown = list(self.form.Meta.fields)
        return shown if obj is None else [*shown, *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            self.readonly_fields if obj is None else (*self.readonly_fields, "project")
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key cannot be changed any longer."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.revoked_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: ApiKey, form: Any, change: bool
    ) -> None:
        if change:
            # All fields would take back a revocation of this moment.
            obj.save(update_fields=form.changed_data)
            ConfigVersion.bump()
            return
        row, key = create_api_key(
            project=obj.project,
            name=obj.name,
            scopes=obj.scopes,
            expires_at=obj.expires_at,
            rate_limit_per_minute=obj.rate_limit_per_minute,
        )
        obj.__dict__.update(row.__dict__)
        request.new_api_key = key  # type: ignore[attr-defined]  # for response_add alone

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None
    ) -> HttpResponse:
        """Show the key in this answer. After a redirect it would have to be stored."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New API key",
            "opts": self.opts,
            "row": obj,
            "key": request.new_api_key,  # type: ignore[attr-defined]  # set just before
        }
        response = TemplateResponse(
            request, "admin/tracker/apikey/created.html", context
        )
        response["Cache-Control"] = "no-store"
        return response

    def _audit(self, request: HttpRequest, obj: ApiKey, message: Any) -> None:
        """Making and revoking are noted where they are done."""
        if message not in ("Added.", "Revoked."):
            super()._audit(request, obj, message)

    @admin.action(description="Revoke selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        wanted = list(rows.filter(revoked_at=None))
        for row in wanted:
            revoke_api_key(row)
            self.log_change(request, row, "Revoked.")
        self.message_user(
            request, f"{len(wanted)} revoked. They stop working immediately."
        )
