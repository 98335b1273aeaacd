"""Keeps the list of sessions as it is narrowed and sorted now, under a name."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from tracker.models import Project, SavedView
from tracker.models.notes.saved_views import LONGEST_QUERY
from tracker.pages.frame.chrome import projects_of
from tracker.pages.frame.filters import search_text
from tracker.pages.frame.fragments import current_page, is_fragment

KEPT = (
    "project", "level", "model", "q", "client", "repository", "meta", "activity",
    "from", "to", "idle", "order", "way", "hide",
)  # fmt: skip
MOST = 50  # of one person


def views_for(request: HttpRequest) -> QuerySet[SavedView]:
    """One's own, and those that members share in the projects one sees."""
    shared = Q(project__in=[p.pk for p in projects_of(request)])
    own = Q(project=None, owner=request.user.pk)
    found = SavedView.objects.filter(own | shared)
    return found.select_related("project", "owner").order_by("name", "pk")


@require_POST
@login_required
def save_view(request: HttpRequest) -> HttpResponse:
    """`name`, and `project` to share it there. The list is the one at the address that
    the browser shows; without JavaScript the one that the page was loaded with.
    """
    page = current_page(request)
    query = kept(urlsplit(page).query if page else request.POST.get("query", ""))
    name = " ".join(request.POST.get("name", "").replace("\0", "").split())
    project = _shared_with(request, search_text(request.POST, "project"))
    mine = SavedView.objects.filter(owner=request.user.pk)
    if not name or len(name) > 60 or len(query) > LONGEST_QUERY:
        messages.error(request, "Give the view a name of at most 60 characters.")
    elif mine.filter(name=name).exclude(pk__in=views_for(request).values("pk")):
        # Saved again it would be taken away from a project that one has left.
        messages.error(request, "A project you have left has your view of this name.")
    elif mine.exclude(name=name).count() >= MOST:
        messages.error(request, f"You have {MOST} views: remove one first.")
    else:
        mine.update_or_create(
            owner_id=request.user.pk,
            name=name,
            defaults={"project": project, "query": query},
        )
        messages.success(request, "The view is saved.")
    back = f"{reverse('sessions')}?{query}"
    return HttpResponseClientRedirect(back) if is_fragment(request) else redirect(back)


def _shared_with(request: HttpRequest, slug: str) -> Project | None:
    """Raises Http404 for a project one may not see, PermissionDenied for a viewer's."""
    if not slug:
        return None
    visible = Project.objects.filter(pk__in=[p.pk for p in projects_of(request)])
    found = get_object_or_404(visible, slug=slug)
    if not Project.objects.reviewable_by(request.user).filter(pk=found.pk).exists():
        raise PermissionDenied("Only reviewers and admins of a project share views.")
    return found


@require_POST
@login_required
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """By its owner, or by an administrator of the project that shares it."""
    view = get_object_or_404(views_for(request), pk=pk)
    mine = Project.objects.administered_by(request.user)
    is_admin = view.project_id and mine.filter(pk=view.project_id).exists()
    if view.owner_id != request.user.pk and not is_admin:
        raise PermissionDenied("Only its owner or an admin of the project removes it.")
    view.delete()
    messages.success(request, "The view is removed.")
    return redirect("sessions")


def kept(query: str) -> str:
    """What narrows, sorts or hides: no page of the list, and nothing unknown."""
    given = QueryDict(query[: 4 * LONGEST_QUERY])
    wanted = QueryDict(mutable=True)
    for name in KEPT:
        values = [value for value in given.getlist(name) if value]
        if values:
            wanted.setlist(name, values)
    return wanted.urlencode()
