"""The admin's name, links and who may enter. Its templates: templates/admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def is_administrator(request: HttpRequest) -> bool:
    """Only superusers: the admin shows every project, and a project's members must not
    see the others, whatever Django permissions they were given.
    """
    user: Any = request.user
    return bool(user.is_active and user.is_superuser)


admin.site.has_permission = is_administrator  # type: ignore[method-assign]  # the one site
admin.site.site_header = "Token Budget"
admin.site.site_title = "Token Budget admin"
admin.site.index_title = "Admin"
admin.site.site_url = "/"
admin.site.empty_value_display = "–"
