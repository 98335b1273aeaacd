"""The overview before the first report: lines to paste, with one's own address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tracker.domain.budget import LEVELS
from tracker.domain.policy import BudgetPolicy
from tracker.models.policy_shelf import present_policies
from tracker.pages.chrome import projects_of


def first_run(request: HttpRequest, *, key: str = "") -> HttpResponse:
    """`key` is a key made a moment ago: this is the only time it is shown."""
    projects = projects_of(request)
    book = present_policies()
    policy = book.policy_for(projects[0].pk, "").policy if projects else BudgetPolicy()
    context = {
        "key": key,
        "address": request.build_absolute_uri("/").rstrip("/"),
        "projects": projects,
        "policy": policy,
        "limits": policy.limits(policy.window_tokens),
        "levels": LEVELS,
    }
    return render(request, "tracker/first_run.html", context)
