"""Policies in the admin: scope, fields, and the history of changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from tracker.admin.recorded.read_only import dashboard_link
from tracker.changes.policies.changing import changes_of, delete_policy, save_policy
from tracker.changes.policies.form import PolicyForm
from tracker.domain.budget.policy import STOPS
from tracker.models import Policy
from tracker.reading.policies.unmatched import unmatched

SCOPE_WORDS = {
    "default": "everything",
    "model": "a model",
    "project": "a project",
    "project_model": "a model in a project",
    "session": "one session",
}


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    form = PolicyForm
    list_display = ("name", "applies_to", "sets", "updated_at", "what_if")
    list_filter = ("project",)
    search_fields = ("name", "model_pattern", "session__key")
    raw_id_fields = ("session",)
    readonly_fields = ("what_if",)
    actions = None
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "project",
                    "model_pattern",
                    "session",
                    "what_if",
                    "seen",
                ),
                "description": "The most specific policy decides each field: session, "
                "project + model, project, model, default. Where its field is empty, "
                "the next one decides.",
            },
        ),
        ("Window", {"fields": ("window_tokens", "reserved_tokens")}),
        (
            "Thresholds",
            {
                "fields": (
                    ("warning_percent", "warning_tokens"),
                    ("compress_percent", "compress_tokens"),
                    ("critical_percent", "critical_tokens"),
                    ("margin_percent", "margin_tokens"),
                ),
                "description": "A percentage of the available tokens (window minus "
                "reserve) or a number of tokens, not both.",
            },
        ),
        (
            "Compression",
            {
                "fields": (
                    "mode",
                    ("target_percent", "target_tokens"),
                    "message_limit",
                    ("keep_first", "keep_last"),
                    ("min_reclaim_percent", "min_reclaim_tokens"),
                    "cooldown_seconds",
                    "summariser",
                )
            },
        ),
        (
            "Gateway",
            {
                "fields": (
                    "gateway_message_limit",
                    "gateway_wait_seconds",
                    "gateway_cold_share",
                    "gateway_control_share",
                    *STOPS,
                ),
                "description": "For calls that go through the gateway.",
            },
        ),
        ("Counting", {"fields": ("counting",)}),
    )

    @admin.display(description="Applies to")
    def applies_to(self, policy: Policy) -> str:
        named = [str(x) for x in (policy.session, policy.project) if x]
        named += [policy.model_pattern] if policy.model_pattern else []
        return f"{SCOPE_WORDS[policy.scope]} {', '.join(named)}".strip()

    @admin.display(description="Sets")
    def sets(self, policy: Policy) -> str:
        said = policy.overrides()
        if policy.scope == "default":
            return f"all {len(said)} fields"
        return ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in said.items()) or "–"

    @admin.display(description="What if")
    def what_if(self, policy: Policy) -> str:
        if policy.pk is None:
            return (
                "Save it with a name and a scope alone: it changes nothing yet. Then "
                "its page opens, where numbers are tried on history before they apply."
            )
        return dashboard_link(
            reverse("policy", args=[policy.pk]), "Try on stored history"
        )

    def save_model(
        self, request: HttpRequest, obj: Policy, form: Any, change: bool
    ) -> None:
        before = Policy.objects.filter(pk=obj.pk).first() if change else None
        request.policy_changes = changes_of(before, obj)  # type: ignore[attr-defined]  # for the history
        save_policy(obj)
        said = unmatched(obj.model_pattern, obj.project_id)
        if said:
            messages.warning(request, f"{said}: the policy applies to none yet.")

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Each changed field with its old and new value."""
        return getattr(request, "policy_changes", "") or "Saved without a change."

    def response_add(
        self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A new policy without numbers opens on its page, to try some on history."""
        answer = super().response_add(request, obj, post_url_continue)
        if obj.overrides() or "_save" not in request.POST:
            return answer
        return HttpResponseRedirect(reverse("policy", args=[obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        delete_policy(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.scope != "default")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        found = self.get_object(request, unquote(object_id))
        if found is not None:
            extra["subtitle"] = f"{found}: {self.applies_to(found)}"
        return super().change_view(request, object_id, form_url, extra)
