"""Where administrators of a project make links for others, and take them back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tracker.changes.share_links import make_link, revoke_link
from tracker.models import Project, ShareLink
from tracker.pages.compressions.access import find
from tracker.pages.frame.chrome import projects_of
from tracker.pages.frame.filters import one_of
from tracker.pages.sessions.detail import visible_session
from tracker.reading.sessions.listing.lists import model_names

DAYS = {"1": "a day", "7": "a week", "30": "30 days", "365": "a year"}


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_session(request, pk)
    return _making(request, ShareLink(project=found.project, session=found))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def compression(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    return _making(request, ShareLink(project=found.project, compression=found))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Badges of the project and its models, and all links that show its things."""
    visible = [p.pk for p in projects_of(request)]
    found = get_object_or_404(Project, slug=slug, pk__in=visible)
    return _making(request, ShareLink(project=found))


def _making(request: HttpRequest, link: ShareLink) -> HttpResponse:
    _only_admins(request, link.project)
    is_whole = not link.session_id and not link.compression_id
    kinds = ["badge"] if is_whole else ["page"]
    if link.session_id:
        kinds.append("badge")
    models = model_names([link.project]) if is_whole else []
    if request.method == "POST":
        days = one_of(request.POST, "days", DAYS)
        link.shows = one_of(request.POST, "shows", kinds)
        link.model = request.POST.get("model", "") if is_whole else ""
        if days and link.shows and (not link.model or link.model in models):
            make_link(link, days=int(days), user=request.user)
            messages.success(request, f"The link works for {DAYS[days]}.")
            return redirect(request.path)
    now = timezone.now()
    rows = ShareLink.objects.filter(
        project=link.project, revoked_at=None, expires_at__gt=now
    )
    if not is_whole:
        rows = rows.filter(session=link.session, compression=link.compression)
    shown = rows.select_related("made_by", "session").order_by("-made_at", "-pk")
    context = {
        "link": link,
        "kinds": kinds,
        "models": models,
        "days": DAYS,
        "rows": [(row, request.build_absolute_uri(_address(row))) for row in shown],
        "now": now,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "tracker/share/make.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    visible = [p.pk for p in projects_of(request)]
    link = get_object_or_404(
        ShareLink.objects.select_related("project"), pk=pk, project__in=visible
    )
    _only_admins(request, link.project)
    revoke_link(link)
    messages.success(request, "The link is revoked: it opens nothing any more.")
    if link.session_id:
        return redirect("share-session", pk=link.session_id)
    if link.compression_id:
        return redirect("share-compression", pk=link.compression_id)
    return redirect("share-project", slug=link.project.slug)


def _only_admins(request: HttpRequest, project: Project) -> None:
    mine = Project.objects.administered_by(request.user)
    if not mine.filter(pk=project.pk).exists():
        raise PermissionDenied("Only an admin of the project can share.")


def _address(link: ShareLink) -> str:

    name = "shared-badge" if link.shows == "badge" else "shared"
    return reverse(name, args=[link.token])
