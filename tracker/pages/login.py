"""Logging in, by password or by a one-time link, and out."""

from __future__ import annotations

from django.contrib.auth import login as open_login
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tracker.ingest.login_links import use_login_link
from tracker.models import LoginLink
from tracker.models.api_keys import hash_key

login = LoginView.as_view(
    template_name="tracker/login.html", redirect_authenticated_user=True
)
logout = LogoutView.as_view()
BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_GET
@never_cache
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """Logs in once. A link that is spent, late or unknown says how to get another."""
    user = use_login_link(token)
    if user is None:
        link = LoginLink.objects.filter(token_hash=hash_key(token)).first()
        context = {"link": link, "is_used": bool(link and link.used_at)}
        return render(request, "tracker/login_link.html", context, status=410)
    open_login(request, user, backend=BACKEND)
    return redirect("overview")
