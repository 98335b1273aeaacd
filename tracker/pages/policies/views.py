"""The list of policies, and a policy's page: edit, try against history, save."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tracker.changes.policies.changing import (
    PolicyConflict,
    changes_of,
    log_policy_change,
    save_policy,
)
from tracker.changes.seen_form import conflict_message
from tracker.domain.budget.resolution import SCOPES
from tracker.models import Policy
from tracker.pages.policies.access import may_change, sessions_of, visible_policies
from tracker.pages.policies.fields import word_of
from tracker.pages.policies.form import PolicyNumbersForm
from tracker.pages.policies.policy_rows import GROUPS, form_rows, shown
from tracker.pages.policies.scale import scale_of
from tracker.pages.policies.trials import start_trial, trial_of
from tracker.pages.policies.what_if import what_if

PERIODS = {"24h": timedelta(hours=24), "14d": timedelta(days=14), "all": None}
PERIOD_WORDS = {"24h": "24 hours", "14d": "14 days", "all": "All"}
SCOPE_WORDS = [(scope, scope.replace("_", " + ")) for scope in reversed(SCOPES)]


@require_GET
@login_required
def policies(request: HttpRequest) -> HttpResponse:
    found = sorted(
        visible_policies(request), key=lambda p: (SCOPES.index(p.scope), p.name)
    )
    rows = [(p, p.scope.replace("_", " + "), _sets(p)) for p in reversed(found)]
    return render(
        request, "tracker/policies/list.html", {"rows": rows, "scopes": SCOPE_WORDS}
    )


def _sets(policy: Policy) -> list[tuple[str, str]]:
    """The fields this policy says, for the list."""
    return [
        (word_of(name), f"{shown(value)}{' s' if name == 'cooldown_seconds' else ''}")
        for name, value in policy.overrides().items()
    ]


@require_http_methods(["GET", "POST"])
@login_required
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(visible_policies(request), pk=pk)
    saved = get_object_or_404(Policy, pk=pk)
    if request.method == "GET":
        return _page(request, saved, PolicyNumbersForm(instance=found))
    if not may_change(request, saved):
        raise PermissionDenied("Only a project admin may change this policy.")
    form = PolicyNumbersForm(request.POST, instance=found)
    if not form.is_valid():
        return _page(request, saved, form, status=409 if form.is_conflict else 422)
    changes = changes_of(saved, form.instance)
    if changes:
        try:
            save_policy(form.instance, seen=form.cleaned_data["seen"])
        except PolicyConflict:
            form.add_error(None, conflict_message(saved))
            return _page(request, saved, form, status=409)
        log_policy_change(form.instance, changes, user=request.user)
        said = f"Saved. {changes}. Applies immediately; past events stay."
        messages.success(request, said)
    return HttpResponseRedirect(reverse("policy", args=[pk]))


@require_POST
@login_required
def policy_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a trial of what the form holds; the answer asks for its progress."""
    found = get_object_or_404(visible_policies(request), pk=pk)
    saved = get_object_or_404(Policy, pk=pk)
    form = PolicyNumbersForm(request.POST, instance=found)
    period = _period(request)
    context = {"policy": saved, "form": form, "period": period, "oob": True}
    if not form.is_valid():
        return render(
            request, "tracker/policies/_what_if.html", _with_form(context, saved, form)
        )
    since = PERIODS[period]
    trial = start_trial(
        request.user.pk,
        form.instance,
        sessions_of(request, form.instance),
        period=period,
        since=timezone.now() - since if since else None,
    )
    trial.wait(0.15)  # most need no second request
    context |= _trial_context(trial, saved)
    return render(
        request, "tracker/policies/_what_if.html", _with_form(context, saved, form)
    )


@require_GET
@login_required
def policy_trial(request: HttpRequest, pk: int, trial_id: str) -> HttpResponse:
    saved = get_object_or_404(visible_policies(request), pk=pk)
    trial = trial_of(request.user.pk, trial_id)
    if trial is None:
        response = HttpResponse(status=204)
        response["HX-Trigger"] = "policy-try"  # it is forgotten: ask again
        return response
    context = {"policy": saved, "period": trial.period, "oob": False}
    context |= _trial_context(trial, saved)
    return render(request, "tracker/policies/_what_if.html", context)


def _period(request: HttpRequest) -> str:
    given = request.POST.get("period") or request.GET.get("period") or "14d"
    return given if given in PERIODS else "14d"


def _trial_context(trial: Any, saved: Policy) -> dict[str, Any]:
    context: dict[str, Any] = {"trial": trial, "periods": PERIOD_WORDS}
    if trial.result is not None:
        changes = changes_of(saved, trial.edited)
        context["found"] = what_if(
            trial.result,
            saved=scale_of(saved),
            tried=scale_of(trial.edited),
            changes=changes.split("; ") if changes else [],
            period=trial.period,
        )
    return context


def _page(
    request: HttpRequest, saved: Policy, form: PolicyNumbersForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "policy": saved,
        "form": form,
        "period": _period(request),
        "scopes": SCOPE_WORDS,
        "may_change": may_change(request, saved),
        "applies_to": _applies_to(saved),
    }
    context = _with_form(context, saved, form)
    return render(request, "tracker/policies/detail.html", context, status=status)


def _applies_to(policy: Policy) -> str:
    if policy.session is not None:
        return f"session {policy.session}"
    named = []
    if policy.project is not None:
        named.append(f"project {policy.project}")
    if policy.model_pattern:
        named.append(f"models matching {policy.model_pattern}")
    return ", ".join(named) or "everything without a more specific policy"


def _with_form(
    context: dict[str, Any], saved: Policy, form: PolicyNumbersForm
) -> dict[str, Any]:
    tried = form.instance if not form.errors else saved
    scale = scale_of(tried)
    inherited = scale.effective if scale else None
    return context | {
        "scale": scale,
        "saved_scale": scale_of(saved),
        "groups": {
            name: form_rows(form, names, scale) for name, names in GROUPS.items()
        },
        "inherited": inherited,
        "periods": PERIOD_WORDS,
    }
