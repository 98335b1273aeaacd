"""The button that imports the sessions of the coding agents found here, and its
progress.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tracker.changes.agent_import import agent_import
from tracker.sources.transcripts.finding.homes import FoundFolder, session_folders

STOP_ASKING = 286  # htmx then asks no more


def agents_found(request: HttpRequest) -> list[FoundFolder]:
    """What the button would import; nothing where it is not offered or has begun."""
    is_possible = agent_import.is_offered and agent_import.progress is None
    if not (request.user.is_superuser and is_possible):
        return []
    return list(session_folders())


def agents_shown(request: HttpRequest) -> dict[str, bool]:
    """Whether a page asks for the progress: an import exists and is still running."""
    progress = agent_import.progress if request.user.is_superuser else None
    return {
        "imports_agents": progress is not None,
        "is_importing_agents": progress is not None and not progress.is_read,
    }


@require_POST
@login_required
def import_agents(request: HttpRequest) -> HttpResponse:
    """For an administrator of a server on loopback."""
    if not request.user.is_superuser or not agent_import.is_offered:
        raise PermissionDenied("Only offered to the person who runs this server.")
    if agent_import.begin(agents_found(request)):
        messages.success(request, "The sessions found here are imported and followed.")
    return HttpResponseRedirect(reverse("overview"))


@require_GET
@login_required
@never_cache
def agents_progress(request: HttpRequest) -> HttpResponse:
    """A line that asks for itself again until all is read."""
    if not request.user.is_superuser:
        raise PermissionDenied("Only for the person who runs this server.")
    progress = agent_import.progress
    is_over = progress is None or progress.is_read or bool(progress.problem)
    return render(
        request,
        "tracker/start/_agents_progress.html",
        {"progress": progress},
        status=STOP_ASKING if is_over else 200,
    )
