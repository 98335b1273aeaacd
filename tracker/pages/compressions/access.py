"""Which compressions a person may see, may judge, and which wait beside one."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from tracker.domain.budget.resolution import EffectivePolicy
from tracker.models import Compression, Project
from tracker.models.compressions import WAITING
from tracker.pages.frame.chrome import projects_of
from tracker.reading.policies.policy_shelf import present_policies


def reviewable(request: HttpRequest) -> list[int]:
    """Keys of the projects whose compressions this person may judge."""
    found = Project.objects.reviewable_by(request.user)
    return list(found.values_list("pk", flat=True))


def find(request: HttpRequest, pk: int) -> Compression:
    """Of a project one may see, with its text. Raises Http404."""
    return get_object_or_404(
        Compression.objects.select_related("session", "project", "text", "reviewed_by"),
        pk=pk,
        project__in=[p.pk for p in projects_of(request)],
    )


def judged_by(row: Compression) -> tuple[EffectivePolicy, int]:
    """The policy of its session now, and the window in tokens that it applies to."""
    model, session = row.model or row.session.model, row.session
    effective = present_policies().policy_for(row.project_id, model, session.pk)
    return effective, effective.window_for(session.window_tokens, "")[0]


def neighbours(found: Compression) -> dict[str, int | None]:
    """The pending ones before and after it in time, in its own project."""
    pending = Compression.objects.filter(WAITING, project=found.project_id)
    newer = pending.filter(at__gt=found.at).order_by("at", "pk")
    older = pending.filter(at__lt=found.at).order_by("-at", "-pk")
    return {
        "newer": newer.values_list("pk", flat=True).first(),
        "older": older.values_list("pk", flat=True).first(),
        "pending_here": pending[:100].count(),
    }
