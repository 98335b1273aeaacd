"""Reviewers talk about a compression, and say whose it is; viewers read it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tracker.changes.comments import assign, assignable, comment, members
from tracker.models import (
    AlertChannel,
    Compression,
    CompressionAssignment,
    CompressionComment,
)
from tracker.pages.compressions.access import find, reviewable
from tracker.pages.frame.filters import search_text

CHARACTERS = 4_000
SHOWN = 200  # comments, the newest
NAMED = 20  # members that the hint names


def comments_of(request: HttpRequest, row: Compression) -> dict[str, Any]:
    """What the page shows of both."""
    said = CompressionComment.objects.filter(compression=row)
    newest = said.order_by("-at", "-pk")[:SHOWN]
    held = CompressionAssignment.objects.filter(compression=row)
    return {
        "comments": list(newest)[::-1],
        "assignment": held.select_related("assignee").first(),
        "assignable": lambda: assignable(row.project, request.user),
        "members": lambda: members(row.project)[:NAMED],
    }


@require_POST
@login_required
def compression_comment(request: HttpRequest, pk: int) -> HttpResponse:
    row = _reviewed(request, pk)
    text = request.POST.get("text", "").replace("\0", "").strip()
    if not text or len(text) > CHARACTERS:
        messages.error(request, f"A comment has 1 to {CHARACTERS:,} characters.")
        return _back(row)
    named = comment(row, text, user=request.user)
    said = "The comment is stored."
    if named and AlertChannel.objects.filter(project=row.project).exists():
        who = ", ".join(one.get_username() for one in named)
        said += f" The project's alert channels tell {who}."
    elif named:
        said += " No one was notified: the project has no alert channel."
    messages.success(request, said)
    return _back(row)


@require_POST
@login_required
def compression_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """`assignee` is a user's name; empty: nobody's."""
    row = _reviewed(request, pk)
    name = search_text(request.POST, "assignee")
    one = assignable(row.project, request.user).filter(username=name).first()
    if name and one is None:
        return HttpResponse("No reviewer has this name.", status=422)
    assign(row, one, user=request.user)
    messages.success(request, f"Assigned to {name}." if name else "Unassigned.")
    return _back(row)


def _reviewed(request: HttpRequest, pk: int) -> Compression:
    row = find(request, pk)
    if row.project_id not in reviewable(request):
        raise PermissionDenied("Only reviewers of the project comment and assign.")
    return row


def _back(row: Compression) -> HttpResponse:
    return redirect(f"{reverse('compression', args=[row.pk])}#comments")
