"""Deleting a session or a project: asked once more, for a project's administrators."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tracker.models import Project
from tracker.pages.sessions.detail import may_delete, visible_session
from tracker.reading.sessions.listing.lists import kept_counts
from tracker.upkeep.deleting import delete_session
from tracker.upkeep.project_deletion import begin_deletion


@require_http_methods(["GET", "POST"])
@login_required
def session_delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_session(request, pk)
    if not may_delete(request, found.project_id):
        raise PermissionDenied
    problem = ""
    if request.method == "POST":
        if request.POST.get("confirm") == "yes":
            delete_session(found, user=request.user)
            messages.success(request, f"Deleted the session {found.key}.")
            return redirect("sessions")
        problem = "Tick the box to confirm. This cannot be undone."
    context = {"session": found, "problem": problem}
    return render(request, "tracker/sessions/delete.html", context, status=_ok(problem))


@require_http_methods(["GET", "POST"])
@login_required
def project_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """The slug must be typed: a project may be years of work. Then its progress, until
    it is gone.
    """
    visible = Project.objects.visible_to(request.user)
    found = visible.filter(slug=slug).first()
    if found is None and "progress" in request.GET:
        messages.success(request, f"The project {slug} is deleted.")
        return redirect("overview")
    if found is None:
        raise Http404("there is no such project")
    if not may_delete(request, found.pk):
        raise PermissionDenied
    problem = ""
    if request.method == "POST":
        if request.POST.get("confirm") == found.slug:
            begin_deletion(found, user=request.user)
            return redirect(f"{request.path}?progress")
        problem = f"Type {found.slug} to confirm."
    context = {
        "project": found,
        "session_count": sum(kept_counts([found]).values()),
        "problem": problem,
    }
    page = render(
        request, "tracker/sessions/delete_project.html", context, status=_ok(problem)
    )
    if found.deletion_began_at is not None:
        page["Refresh"] = f"2; url={request.path}?progress"
    return page


def _ok(problem: str) -> int:
    return 422 if problem else 200
