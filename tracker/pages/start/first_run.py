"""The overview before the first report: lines to paste, with one's own address."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tracker.changes.access.api_keys import create_api_key
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import LEVELS
from tracker.models import Project, ProjectMember
from tracker.models.access.api_keys import GATEWAY_SCOPE
from tracker.pages.frame.chrome import projects_of
from tracker.pages.start.agents import agents_found, agents_shown
from tracker.reading.policies.policy_shelf import present_policies


@require_POST
@login_required
@never_cache
def first_key(request: HttpRequest) -> HttpResponse:
    """Makes a key for reports and one for the gateway, and shows them, once, in the
    lines to paste.
    """
    slug = request.POST.get("project", "")
    chosen = [p for p in projects_for_keys(request) if p.slug == slug]
    if not chosen:
        raise Http404("You administer no project of this name.")
    name = f"first report, {request.user.get_username()}"
    _, key = create_api_key(project=chosen[0], name=name[:120])
    _, gateway_key = create_api_key(
        project=chosen[0],
        name=f"gateway, {request.user.get_username()}"[:120],
        scopes=[GATEWAY_SCOPE],
    )
    return first_run(request, key=key, gateway_key=gateway_key)


def projects_for_keys(request: HttpRequest) -> list[Project]:
    """Those the user administers."""
    projects = projects_of(request)
    if request.user.is_superuser:
        return projects
    roles = ProjectMember.objects.filter(user=request.user.pk, role="admin")
    administered = set(roles.values_list("project", flat=True))
    return [project for project in projects if project.pk in administered]


def first_run(
    request: HttpRequest, *, key: str = "", gateway_key: str = ""
) -> HttpResponse:
    """The keys were made a moment ago: this is the only time they are shown."""
    projects = projects_of(request)
    book = present_policies()
    policy = book.policy_for(projects[0].pk, "").policy if projects else BudgetPolicy()
    context = {
        "key": key,
        "gateway_key": gateway_key,
        "address": request.build_absolute_uri(reverse("overview")).rstrip("/"),
        "projects": projects,
        "key_projects": projects_for_keys(request),
        "agents": agents_found(request),
        **agents_shown(request),
        "policy": policy,
        "limits": policy.limits(policy.window_tokens),
        "levels": LEVELS,
    }
    return render(request, "tracker/start/first_run.html", context)
