"""The gateway's page: what went through, what it added, what compressions brought."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.models import LLMSession
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.fragments import shared_page_or_fragment
from tracker.reading.gateway_traffic import (
    calls_of,
    compressions_of,
    newest_calls,
    shares_of,
    traffic_of,
)

PERIODS = {
    "1h": ("1 h", timedelta(hours=1)),
    "24h": ("24 h", timedelta(hours=24)),
    "14d": ("14 days", timedelta(days=14)),
}


def _session_asked_for(request: HttpRequest) -> LLMSession | None:
    """That of ?session=id, for its traffic alone. Raises Http404 where it is not one
    of the chosen projects'.
    """
    text = request.GET.get("session", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    found = LLMSession.objects.filter(project__in=chosen_projects(request), pk=text)
    return get_object_or_404(found)


@require_GET
@login_required
def gateway(request: HttpRequest) -> HttpResponse:
    projects = chosen_projects(request)
    period = request.GET.get("period", "")
    period = period if period in PERIODS else "24h"
    now = timezone.now()
    since = now - PERIODS[period][1]
    session = _session_asked_for(request)

    def context() -> dict[str, Any]:
        calls = calls_of(projects, since, session)
        cuts = compressions_of(projects, since, session)
        traffic = traffic_of(calls)
        return {
            "of_session": session,
            "traffic": traffic,
            "untouched": traffic.by_action.get("untouched", 0),
            "cut": traffic.by_action.get("cut", 0),
            "rescued": traffic.by_action.get("rescued", 0),
            "refused": traffic.by_action.get("refused", 0),
            "stopped": traffic.by_action.get("stopped", 0),
            "calls": newest_calls(calls),
            "cuts": cuts,
            "paid": sum(each.is_paid for each in cuts),
            "shares": shares_of(calls),
            "period": period,
            "periods": [(name, word) for name, (word, _) in PERIODS.items()],
            "address": request.build_absolute_uri(reverse("overview")).rstrip("/"),
            "now": now,
        }

    return shared_page_or_fragment(
        request,
        "tracker/gateway/gateway.html",
        "tracker/gateway/_traffic.html",
        context,
    )
