"""One URL serves a whole page and, when htmx asks, the fragment of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from tracker.pages.frame.chrome import projects_of, reading_since
from tracker.pages.frame.fragment_pause import present_pause_ms, tell_pause
from tracker.pages.frame.shared_fragments import shared_fragments


def page_or_fragment(
    request: HttpRequest,
    page: str,
    fragment: str,
    context: dict[str, Any],
    *,
    asks: int = 1,
) -> HttpResponse:
    """`asks`: how many fragments an open page of this kind asks for at once."""
    context["is_fragment"] = is_fragment(request)
    context["fragment_pause"] = present_pause_ms(request, asks)
    response = render(request, fragment if context["is_fragment"] else page, context)
    return _finished(request, response, asks)


def shared_page_or_fragment(
    request: HttpRequest,
    page: str,
    fragment: str,
    make_context: Callable[[], dict[str, Any]],
    *,
    asks: int = 1,
    also: Hashable = None,
) -> HttpResponse:
    """The same, but rendered once for everybody who sees the same projects. The
    fragment must depend on nothing else of the person than `also`: no form with a
    token, no rights.
    """
    if not is_fragment(request):
        return page_or_fragment(request, page, fragment, make_context(), asks=asks)
    visible = frozenset(project.pk for project in projects_of(request))

    def read() -> bytes:
        context = make_context() | {"is_fragment": True}
        return render(request, fragment, context).content

    key = (fragment, request.get_full_path(), visible, also)
    found = shared_fragments.get(key, read, since=reading_since(request))
    return _finished(request, HttpResponse(found.content), asks, age=found.age)


def htmx_of(request: HttpRequest) -> HtmxDetails:
    """What htmx says of its request. False where a whole page is asked for."""
    details: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # its middleware's
    return details


def current_page(request: HttpRequest) -> str:
    """The path and query of the page that htmx asks from; "" where it names none of
    this site.
    """
    try:
        return htmx_of(request).current_url_abs_path or ""
    except ValueError:  # `http://[half` is no address
        return ""


def is_fragment(request: HttpRequest) -> bool:
    htmx = htmx_of(request)
    return bool(htmx) and not htmx.history_restore_request and not htmx.boosted


def _finished(
    request: HttpRequest, response: HttpResponse, asks: int, age: float = 0.0
) -> HttpResponse:
    tell_pause(request, response, asks=asks, age=age)
    # Else "back" could show a cached fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    response.headers.setdefault("Cache-Control", "no-cache")
    return response
