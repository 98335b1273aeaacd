"""One compression: what was lost, whether it was needed again, and a verdict."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from tracker.ingest.reviews import VERDICTS, ReviewConflict, review_compression
from tracker.models import Compression, ProjectMember
from tracker.pages.chrome import projects_of
from tracker.pages.review_columns import after_column, before_column, run_of_messages

FACTS_SHOWN = 12
MOST_FACTS = 2_000  # on the page at all; the API has every one
LONGEST_NOTE = 4_000
MOST_IN_A_RUN = 400


@require_GET
@login_required
def compression(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_compression(request, pk)
    text = getattr(found, "text", None)
    analysis = (text.analysis if text else None) or {}
    if "from" in request.GET:
        return message_run(request, text, analysis)
    show_all = request.GET.get("show") == "all"
    lost = [fact for fact in analysis.get("facts", ()) if not fact["is_kept"]]
    context = {
        "compression": found,
        "text": text,
        "analysis": analysis,
        "before": before_column(
            text.before if text else None, analysis, show_all=show_all
        ),
        "after": after_column(text.after if text else None, analysis),
        "show_all": show_all,
        "lost": lost,
        "lost_first": lost[:FACTS_SHOWN],
        "lost_rest": lost[FACTS_SHOWN:MOST_FACTS],
        "missed_by": found.after_tokens - (found.target_tokens or 0),
        "may_review": may_review(request, found),
        "now": timezone.now(),
        **neighbours(found),
    }
    return render(request, "tracker/compression.html", context)


@require_POST
@login_required
def compression_review(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's verdict. What someone else said meanwhile is not overwritten."""
    found = visible_compression(request, pk)
    if not may_review(request, found):
        raise PermissionDenied
    verdict = request.POST.get("verdict", "")
    if verdict not in VERDICTS:
        return HttpResponse("The verdict is pending, accepted or flagged.", status=422)
    try:
        review_compression(
            compression_id=pk,
            project_ids=[found.project_id],
            user=request.user,
            verdict=verdict,
            note=request.POST.get("note", "").replace("\x00", "")[:LONGEST_NOTE],
            expected=request.POST.get("expected"),
        )
    except ReviewConflict as conflict:
        messages.warning(
            request, f"Someone else has marked it {conflict.present} meanwhile."
        )
        return redirect("compression", pk)
    following = neighbours(found)["older"]
    messages.success(request, f"Marked {verdict}.")
    if verdict == "accepted" and following:
        return redirect("compression", following)
    return redirect("compression", pk)


def visible_compression(request: HttpRequest, pk: int) -> Compression:
    """Another project's compression is as unknown as one that never was."""
    return get_object_or_404(
        Compression.objects.select_related("session", "project", "text", "reviewed_by"),
        pk=pk,
        project__in=[p.pk for p in projects_of(request)],
    )


def may_review(request: HttpRequest, found: Compression) -> bool:
    if request.user.is_superuser:
        return True
    return ProjectMember.objects.filter(
        project=found.project_id, user=request.user.pk, role__in=("reviewer", "admin")
    ).exists()


def message_run(
    request: HttpRequest, text: Any, analysis: dict[str, Any]
) -> HttpResponse:
    """The messages a fold hides: ?side=before&from=4&to=41."""
    try:
        first, last = int(request.GET["from"]), int(request.GET["to"])
    except (KeyError, ValueError) as error:
        raise Http404("Which messages?") from error
    is_after = request.GET.get("side") == "after"
    side = "after" if is_after else "before"
    messages_ = (text.after if is_after else text.before) if text else None
    last = min(last, first + MOST_IN_A_RUN - 1)
    lines = run_of_messages(
        messages_, {} if is_after else analysis, first=first, last=last
    )
    return render(
        request,
        "tracker/_messages.html",
        {"lines": lines, "side": side},
    )


def neighbours(found: Compression) -> dict[str, int | None]:
    """The pending ones before and after it in time, in its own project."""
    pending = Compression.objects.filter(project=found.project_id, review="pending")
    newer = pending.filter(at__gt=found.at).order_by("at", "pk")
    older = pending.filter(at__lt=found.at).order_by("-at", "-pk")
    return {
        "newer": newer.values_list("pk", flat=True).first(),
        "older": older.values_list("pk", flat=True).first(),
    }
