"""A person judges: one compression from its page, or several from the inbox."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tracker.changes.reviews import (
    VERDICTS,
    ReviewConflict,
    review_compression,
    tell_team,
)
from tracker.models import AlertChannel, Compression
from tracker.models.compressions import WAITING
from tracker.pages.compressions.access import find, reviewable
from tracker.pages.compressions.messages.cards import Messages
from tracker.pages.compressions.told import lost_words
from tracker.pages.compressions.views import compression_page, inbox
from tracker.pages.frame.chrome import chosen_projects, pending_count
from tracker.pages.frame.fragments import htmx_of

NOTE_CHARACTERS = 10_000
MOST_AT_ONCE = 200
DONE = {"accepted": "Accepted", "flagged": "Flagged", "pending": "Back to pending"}


@require_POST
@login_required
def compression_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept, flag or take back; 409 with the page as it is by now on a conflict."""
    row = find(request, pk)
    if row.project_id not in reviewable(request):
        raise PermissionDenied("Only reviewers of the project can accept or flag.")
    verdict = request.POST.get("verdict", "")
    if verdict not in VERDICTS:
        return HttpResponse("Unknown review.", status=422)
    try:
        review_compression(
            compression_id=pk,
            project_ids=[row.project_id],
            user=request.user,
            verdict=verdict,
            note=_note(request),
            expected=request.POST.get("expected") or None,
        )
    except ReviewConflict as conflict:
        present = find(request, pk)
        return compression_page(request, present, conflict=conflict.present, status=409)
    messages.success(request, f"{DONE[verdict]}: {row.session}, {row}.")
    return HttpResponseRedirect(_next(row, verdict))


@require_POST
@login_required
def compression_tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a lost instruction to the channels of the project."""
    row = find(request, pk)
    if row.project_id not in reviewable(request):
        raise PermissionDenied("Only reviewers of the project can send to its team.")
    known = Messages(row)
    told = lost_words(known.analysis, known.before).shown
    place = request.POST.get("place", "")
    one = next((one for one in told if str(one.place) == place), None)
    if one is None:
        return HttpResponse("No such instruction.", status=422)
    count = tell_team(row, said=one.text, number=one.number, user=request.user)
    if count:
        where = "1 channel" if count == 1 else f"{count} channels"
        messages.success(request, f"Message {one.number} goes to {where}.")
    elif AlertChannel.objects.filter(project=row.project_id).exists():
        messages.info(request, f"The team was told of message {one.number} before.")
    else:
        messages.error(
            request, "No one was notified: the project has no alert channel."
        )
    return HttpResponseRedirect(reverse("compression", args=[row.pk]))


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", "").replace("\0", "").strip()[:NOTE_CHARACTERS]


def _next(row: Compression, verdict: str) -> str:
    """The next one that waits; back to the same page when it was taken back."""
    waiting = Compression.objects.filter(WAITING, project=row.project_id)
    older = waiting.filter(at__lte=row.at).exclude(pk=row.pk).order_by("-at", "-pk")
    following = older.first() or waiting.exclude(pk=row.pk).order_by("-at").first()
    if verdict == "pending":
        return reverse("compression", args=[row.pk])
    if following is None:
        return reverse("compressions")
    return reverse("compression", args=[following.pk])


@require_POST
@login_required
def compressions_review(request: HttpRequest) -> HttpResponse:
    """Judge the selected ones that still wait; says how many were not."""
    projects = reviewable(request)
    if not projects:
        raise PermissionDenied("Only reviewers can accept or flag.")
    verdict = request.POST.get("verdict", "accepted")
    if verdict not in ("accepted", "flagged"):
        return HttpResponse("Unknown review.", status=422)
    done, missed = 0, 0
    for pk in _chosen(request):
        try:
            review_compression(
                compression_id=pk,
                project_ids=projects,
                user=request.user,
                verdict=verdict,
                expected="pending",
            )
            done += 1
        except (ReviewConflict, Compression.DoesNotExist):
            missed += 1
    return _answer(request, _said(verdict, done, missed))


def _chosen(request: HttpRequest) -> list[int]:
    """Ids from checkboxes, or from a group's button as one list."""
    given = ",".join(request.POST.getlist("group") or request.POST.getlist("ids"))
    ids = [part for part in given.split(",") if part.isdecimal() and len(part) < 19]
    return sorted({int(part) for part in ids})[:MOST_AT_ONCE]


def _said(verdict: str, done: int, missed: int) -> str:
    if not done and not missed:
        return "Nothing was selected."
    said = f"{DONE[verdict]} {done:,} compression{'' if done == 1 else 's'}."
    if missed:
        were = "was" if missed == 1 else "were"
        said += f" {missed:,} {were} just reviewed by someone else."
    return said


def _answer(request: HttpRequest, said: str) -> HttpResponse:
    """htmx gets the list anew; a plain form goes back to where it came from."""
    back = request.POST.get("back", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=hosts):
        back = reverse("compressions")
    if not htmx_of(request):
        messages.success(request, said)
        return HttpResponseRedirect(back)
    request.GET = QueryDict(urlsplit(back).query)
    request.path = request.path_info = reverse("compressions")
    response = inbox(request, note=said)
    count = pending_count(chosen_projects(request))
    response["HX-Trigger"] = json.dumps({"pending-changed": {"pending": count}})
    return response
