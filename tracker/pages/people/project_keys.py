"""The API keys of a project, for its administrators: who has one, and revoking it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tracker.changes.access.api_keys import revoke_api_key
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import ApiKey, Project


@require_GET
@login_required
def project_keys(request: HttpRequest, slug: str) -> HttpResponse:
    """Each key by its name and first letters; nobody can read a key again."""
    project = _administered(request, slug)
    rows = ApiKey.objects.filter(project=project).order_by("-created_at", "-pk")
    usable = set(rows.usable().values_list("pk", flat=True))
    context = {
        "project": project,
        "keys": [(row, row.pk in usable) for row in rows],
        "usable_count": len(usable),
    }
    return render(request, "tracker/people/project_keys.html", context)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """For good. Its next write is refused, and its reads within a second."""
    project = _administered(request, slug)
    row = get_object_or_404(ApiKey, project=project, pk=pk)
    if row.revoked_at is None:
        revoke_api_key(row)
    messages.success(request, f"Revoked the key {visible(row.name)}.")
    return redirect("project-keys", slug=project.slug)


def _administered(request: HttpRequest, slug: str) -> Project:
    """404 for a project one may not see, 403 for one that somebody else runs."""
    visible_ones = Project.objects.visible_to(request.user)
    project = get_object_or_404(visible_ones, slug=slug)
    if not Project.objects.administered_by(request.user).filter(pk=project.pk).exists():
        raise PermissionDenied
    return project
