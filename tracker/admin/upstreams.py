"""Where the gateway sends calls."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tracker.admin.audited import CheckedAdmin
from tracker.changes.upstreams import remove_upstream, save_upstream
from tracker.models import Upstream


@admin.register(Upstream)
class UpstreamAdmin(CheckedAdmin):
    list_display = ("name", "base_url", "dialect", "updated_at")
    readonly_fields = ("updated_at",)
    actions = None

    def save_model(
        self, request: HttpRequest, obj: Upstream, form: Any, change: bool
    ) -> None:
        save_upstream(obj)

    def delete_model(self, request: HttpRequest, obj: Upstream) -> None:
        remove_upstream(obj)
