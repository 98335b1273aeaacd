"""Logging in, by password or by a one-time link, and out."""

from __future__ import annotations

from django.contrib.auth import login as open_login
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tracker.changes.access.login_links import login_link_of, use_login_link
from tracker.models import LoginLink
from tracker.models.access.api_keys import hash_key
from tracker.pages.people.login_limit import (
    forget_failures,
    note_failure,
    seconds_to_wait,
)

_login = LoginView.as_view(
    template_name="tracker/people/login.html", redirect_authenticated_user=True
)
logout = LogoutView.as_view()
BACKEND = "django.contrib.auth.backends.ModelBackend"


def login(request: HttpRequest) -> HttpResponseBase:
    """By name and password; the admin's login leads here too."""
    if request.method != "POST":
        return _login(request)
    wait = seconds_to_wait(request)
    if wait:
        context = {"minutes": -(-wait // 60)}
        later = render(request, "tracker/people/login_later.html", context, status=429)
        later.headers["Retry-After"] = str(wait)
        return later
    response = _login(request)
    if response.status_code == 302:
        forget_failures(request)
    else:
        note_failure(request)
    return response


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """As `login`. A person who is logged in but no administrator is told so: a login
    page would send them round in circles.
    """
    if request.user.is_authenticated and not request.user.is_superuser:
        raise PermissionDenied
    return login(request)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """Asks on GET whom it would log in, and logs in on POST, once.

    A chat program that shows a preview of the link asks with GET: that spends nothing.
    A page elsewhere cannot send the form, which needs its CSRF token, so nobody is
    logged in as somebody else without having read the name.

    A link that is spent, late or unknown says how to get another.
    """
    if request.method == "POST":
        user = use_login_link(token)
        if user is not None:
            open_login(request, user, backend=BACKEND)
            return redirect("overview")
    found = login_link_of(token)
    if found is not None:
        return render(request, "tracker/people/login_link.html", {"person": found.user})
    link = LoginLink.objects.filter(token_hash=hash_key(token)).first()
    context = {"link": link, "is_used": bool(link and link.used_at)}
    return render(request, "tracker/people/login_link.html", context, status=410)
