"""The handoff brief of a session, to be copied into a fresh one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tracker.pages.sessions.detail import visible_session
from tracker.reading.sessions.brief import brief_of


@require_GET
@login_required
@never_cache
def handoff(request: HttpRequest, pk: int) -> HttpResponse:
    session = visible_session(request, pk)
    context = {"session": session, "brief": brief_of(session)}
    return render(request, "tracker/sessions/handoff.html", context)
