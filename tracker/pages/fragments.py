"""One URL serves a whole page and, when htmx asks, the fragment of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any]
) -> HttpResponse:
    htmx = request.htmx  # type: ignore[attr-defined]  # set by django-htmx
    is_fragment = bool(htmx) and not htmx.history_restore_request and not htmx.boosted
    context["is_fragment"] = is_fragment
    response = render(request, fragment if is_fragment else page, context)
    # Else "back" could show a cached fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    response.headers.setdefault("Cache-Control", "no-cache")
    return response
