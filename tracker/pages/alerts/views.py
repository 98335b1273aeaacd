"""Alerts: members see rules and what was sent; administrators change the rules."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tracker.changes.alerts import remove_alert, save_alert, send_again, send_test
from tracker.changes.seen_form import SeenForm
from tracker.domain.budget.status import LEVELS
from tracker.models import AlertChannel, AlertDelivery, AlertRule, Project
from tracker.pages.alerts.forms import ChannelForm, RuleForm
from tracker.pages.frame.chrome import chosen_projects, projects_of
from tracker.pages.policies.access import is_project_admin
from tracker.reading.policies.unmatched import unmatched

DELIVERIES = 50
STATES = {"failed", "waiting", "sent"}


@require_GET
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    projects = chosen_projects(request)
    within = {"project__in": projects}
    sent = AlertDelivery.objects.filter(**within).select_related("channel", "project")
    state = request.GET.get("state", "")
    shown = sent.filter(state=state) if state in STATES else sent
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    rules = AlertRule.objects.filter(**within).select_related("channel", "project")
    context = {
        "rules": rules.order_by("-is_on", "name"),
        "channels": AlertChannel.objects.filter(**within).order_by("name"),
        "deliveries": shown.order_by("-created_at", "-pk")[:DELIVERIES],
        "state": state,
        "today": sent.filter(created_at__gte=today).count(),
        "failed": sent.filter(state="failed").count(),
        "administered": [p for p in projects if may_edit(request, p)],
        "levels": LEVELS,
        "now": timezone.now(),
    }
    return render(request, "tracker/alerts/list.html", context)


def may_edit(request: HttpRequest, project: Project) -> bool:
    return bool(request.user.is_superuser) or is_project_admin(request, project.pk)


def _of(request: HttpRequest, model: Any, pk: int) -> Any:
    """A row of a project one administers. Others' projects do not exist; in one's own
    a member is refused.
    """
    row = get_object_or_404(model, pk=pk, project__in=projects_of(request))
    if not may_edit(request, row.project):
        raise PermissionDenied("Only an admin of the project can change alerts.")
    return row


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def channel(request: HttpRequest, pk: int | None = None, slug: str = "") -> Any:
    """Make one (in the project `slug`), or change it."""
    row = _row(request, AlertChannel, pk, slug)
    # The links of its messages lead to where its maker saw this site.
    row.site_address = request.build_absolute_uri(reverse("overview"))
    form = ChannelForm(request.POST or None, instance=row)
    return _edited(request, row, form, "channel")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, pk: int | None = None, slug: str = "") -> Any:
    row = _row(request, AlertRule, pk, slug)
    if not AlertChannel.objects.filter(project=row.project).exists():
        messages.info(request, "First add a channel: where to send messages.")
        return HttpResponseRedirect(
            reverse("alert-channel-new", args=[row.project.slug])
        )
    form = RuleForm(request.POST or None, instance=row, project=row.project)
    return _edited(request, row, form, "rule")


def _row(request: HttpRequest, model: Any, pk: int | None, slug: str) -> Any:
    if pk is not None:
        return _of(request, model, pk)
    project = next((p for p in projects_of(request) if p.slug == slug), None)
    if project is None:
        raise Http404("You see no project of this name.")
    if not may_edit(request, project):
        raise PermissionDenied("Only an admin of the project can change alerts.")
    return model(project=project)


def _edited(request: HttpRequest, row: Any, form: SeenForm, what: str) -> HttpResponse:
    with transaction.atomic():  # nobody saves it between the check and the save
        if is_saved := request.method == "POST" and form.is_valid():
            save_alert(form.save(commit=False))
    if is_saved:
        messages.success(request, f"The {what} is saved.")
        said = unmatched(getattr(row, "model_pattern", ""), row.project_id)
        if said:
            messages.warning(request, f"{said}: the rule tells of none yet.")
        return HttpResponseRedirect(_back(row.project))
    context = {"form": form, "row": row, "what": what, "project": row.project}
    status = 409 if form.is_conflict else 422 if form.errors else 200
    return render(request, "tracker/alerts/form.html", context, status=status)


@require_POST
@login_required
def remove(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    row = _of(request, {"rules": AlertRule, "channels": AlertChannel}[what], pk)
    project = row.project
    remove_alert(row)
    messages.success(request, "Removed.")
    return HttpResponseRedirect(_back(project))


@require_POST
@login_required
def test(request: HttpRequest, pk: int) -> HttpResponse:
    row = _of(request, AlertChannel, pk)
    send_test(row)
    messages.success(request, "A test is on its way: see what was sent.")
    return HttpResponseRedirect(_back(row.project))


@require_POST
@login_required
def again(request: HttpRequest, pk: int) -> HttpResponse:
    row = _of(request, AlertDelivery, pk)
    send_again(row)
    messages.success(request, "It is sent again.")
    return HttpResponseRedirect(_back(row.project))


def _back(project: Project) -> str:
    return f"{reverse('alerts')}?project={project.slug}"
