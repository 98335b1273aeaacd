"""Where a login has ended, the open page goes to the login as a whole."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from tracker.pages.frame.fragments import current_page, is_fragment


class LoginAgainMiddleware:
    """Must come after django-htmx's. A browser follows a 302 by itself, so htmx would
    put the login form where the fragment was.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (is_fragment(request) and leads_to_login(response)):
            return response
        # Lead back to the whole page, also if only a fragment was asked for.
        page = current_page(request)
        login = redirect_to_login(page or resolve_url(settings.LOGIN_REDIRECT_URL))
        whole = HttpResponseClientRedirect(login.url)
        add_never_cache_headers(whole)
        return whole


def leads_to_login(response: HttpResponse) -> bool:
    if response.status_code != 302:
        return False
    return urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)
