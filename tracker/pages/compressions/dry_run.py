"""A dry run: the stored messages compressed another way, compared, nothing stored."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from tracker.domain.budget.policy import BudgetPolicy, PolicyError, Threshold
from tracker.domain.budget.resolution import EffectivePolicy, ScopedPolicy, resolve
from tracker.domain.compression import OptimizedContext, OptimizeRequest
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.measure import Measure, NamedCount
from tracker.domain.counting.tokenizers.own import TokenizerFailed
from tracker.ingest.compressing.compress import compress
from tracker.models import Compression, Policy
from tracker.pages.compressions.access import find, judged_by, reviewable
from tracker.pages.compressions.facts import WORDS
from tracker.pages.frame.fragments import htmx_of
from tracker.pages.policies.access import visible_policies
from tracker.reading.tokenizers import counting_method
from tracker.summarisers.allowed import summarisers_of
from tracker.summarisers.registry import summariser_named
from tracker.workers.callers import Caller, NotWorkedOut, on_behalf_of
from tracker.workers.leaving import has_left

MOST_LISTED = 20
SAME_SIZE = (
    5  # percent apart: a larger result keeps more, and proves no strategy better
)
TARGETS = (10, 95)  # percent of available a dry run may aim at


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the dry run brought. `rows` are name, stored, tried, which is better."""

    summariser: str
    policy: str
    target_tokens: int
    is_met: bool
    seconds: float
    rows: list[tuple[str, Any, Any, str]]
    kept_only_here: list[str]
    lost_only_here: list[str]
    lines: list[str]
    notes: tuple[str, ...]
    is_same_size: bool


class TrialRefused(Exception):
    """Says to a person why there is nothing to compare."""


def trial_choices(request: HttpRequest, row: Compression) -> dict[str, Any]:
    """Policies and summarisers a dry run may use, the ones in force first."""
    effective, _ = judged_by(row)
    names = dict.fromkeys(["extractive", effective.policy.summariser])
    names |= dict.fromkeys(summarisers_of(row.project_id))
    policies = [p for p in visible_policies(request) if p.scope != "default"]
    limits = effective.limits_for(None)
    percent = 100 * limits.target_tokens // max(1, limits.available_tokens)
    return {"summarisers": list(names), "policies": policies, "target": percent}


@require_POST
@login_required
def compression_dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    row = find(request, pk)
    if row.project_id not in reviewable(request):
        raise PermissionDenied("Only reviewers of the project can start a dry run.")
    context: dict[str, Any] = {"compression": row}
    try:
        caller = Caller(row.project_id, None, has_left(request))
        context["trial"] = run_trial(row, *_asked(request, row), caller)
    except TrialRefused as refused:
        context["refused"] = str(refused)
    context["is_whole"] = not htmx_of(request)
    template = "dry_run.html" if context["is_whole"] else "_dry_run.html"
    return render(request, f"tracker/compressions/{template}", context)


def _asked(request: HttpRequest, row: Compression) -> tuple[BudgetPolicy, int]:
    """The policy to try and its window. Raises TrialRefused."""
    effective, window = judged_by(row)
    if choice := request.POST.get("policy", ""):
        effective = _with(_chosen(request, choice))
        if effective.window_source == "policy":
            window = effective.window_tokens
    policy = effective.policy
    if policy.summariser not in trial_choices(request, row)["summarisers"]:
        raise TrialRefused("No policy of this project names this summariser.")
    if name := request.POST.get("summariser", ""):
        if name not in trial_choices(request, row)["summarisers"]:
            raise TrialRefused("Unknown summariser.")
        policy = replace(policy, summariser=name)
    if target := request.POST.get("target", ""):
        if not target.isdecimal() or not TARGETS[0] <= int(target[:4]) <= TARGETS[1]:
            raise TrialRefused("The target must be 10 to 95 % of the available tokens.")
        policy = _aiming_at(policy, Threshold.percent(int(target)), window)
    elif request.POST.get("same_size") == "1":
        size = Threshold(tokens=max(1, row.after_tokens))
        policy = _aiming_at(policy, size, window)
    return replace(policy, mode="apply"), window


def _chosen(request: HttpRequest, choice: str) -> Policy:
    is_key = choice.isdecimal() and len(choice) < 19
    found = visible_policies(request).filter(pk=choice).first() if is_key else None
    if found is None:
        raise TrialRefused("Unknown policy.")
    return found


def _aiming_at(policy: BudgetPolicy, target: Threshold, window: int) -> BudgetPolicy:
    """The policy with another target, checked against this window."""
    try:
        return replace(policy, target=target, window_tokens=window)
    except PolicyError as error:
        raise TrialRefused(f"This target does not work: {error.message}.") from error


def _with(policy: Policy) -> EffectivePolicy:
    """The default policy with this one over it, as if it applied."""
    defaults = [p for p in Policy.objects.all() if p.scope == "default"]
    scoped = [
        ScopedPolicy(name=p.name, scope=p.scope, overrides=p.overrides())
        for p in (*defaults, policy)
    ]
    return resolve(scoped)


def run_trial(
    row: Compression, policy: BudgetPolicy, window: int, caller: Caller
) -> DryRun:
    """Compress the stored earlier messages again. A worker does it, in seconds."""
    text = getattr(row, "text", None)
    if text is None or not text.before:
        raise TrialRefused("The messages before this compression were not stored.")
    started = time.monotonic()
    try:
        target_tokens = policy.limits(window).target_tokens
        fixed = _fixed_tokens(row, text.before, policy)
        with on_behalf_of(caller):
            result, analysis = compress(
                _request(row, text.before, policy, window, target_tokens - fixed)
            )
    except (MessageError, PolicyError) as error:
        raise TrialRefused(f"The dry run is not possible: {error.message}.") from error
    except (TokenizerFailed, NotWorkedOut) as error:
        raise TrialRefused(f"The dry run is not possible: {error}.") from error
    if analysis is None or result.plan is None:
        raise TrialRefused("Nothing would change: too little to free.")
    return _trial(
        row,
        text.analysis or {},
        result,
        analysis,
        policy=policy,
        target_tokens=target_tokens,
        fixed=fixed,
        seconds=time.monotonic() - started,
    )


def _fixed_tokens(row: Compression, before: list[Any], policy: BudgetPolicy) -> int:
    """System, tools and context: in the window, but not in what is stored."""
    measure = Measure(_count(row, policy), row.model)
    return max(0, row.before_tokens - sum(measure.message(m) for m in before))


def _count(row: Compression, policy: BudgetPolicy) -> NamedCount:
    return NamedCount(counting_method(policy.counting), row.model)


def _request(
    row: Compression,
    before: list[Any],
    policy: BudgetPolicy,
    window: int,
    target_tokens: int,
) -> OptimizeRequest:
    """Aims at what is left of the target for the messages, at least one token."""
    target = Threshold(tokens=max(1, target_tokens))
    return OptimizeRequest(
        session_id=row.session.key,
        messages=before,
        policy=_aiming_at(policy, target, window),
        model=row.model,
        force=True,
        window_tokens=window,
        count=_count(row, policy),
        summarise=summariser_named(policy.summariser),
    )


def _trial(
    row: Compression,
    stored: dict[str, Any],
    result: OptimizedContext,
    tried: dict[str, Any],
    *,
    policy: BudgetPolicy,
    target_tokens: int,
    fixed: int,
    seconds: float,
) -> DryRun:
    plan = result.plan
    assert plan is not None
    after = result.after_tokens + fixed
    rows: list[tuple[str, Any, Any]] = [
        ("Tokens after", row.after_tokens, after),
        ("Score", stored.get("score"), tried["score"]),
        ("Facts lost", stored.get("facts_lost"), tried["facts_lost"]),
    ]
    old, new = stored.get("facts_by_kind") or {}, tried["facts_by_kind"]
    for kind, (_, words) in WORDS.items():
        if kind in old or kind in new:
            lost = old.get(kind, {}).get("lost", 0), new.get(kind, {}).get("lost", 0)
            rows.append((f"{words[0].upper()}{words[1:]} lost", *lost))
    theirs, ours = _lost(stored), _lost(tried)
    is_same_size = abs(after - row.after_tokens) * 100 <= SAME_SIZE * row.after_tokens
    return DryRun(
        summariser=plan.summariser or policy.summariser,
        policy=policy.name,
        target_tokens=target_tokens,
        is_met=after <= target_tokens,
        seconds=seconds,
        rows=[(*line, _better(*line) if is_same_size else "") for line in rows],
        kept_only_here=[theirs[key] for key in theirs if key not in ours][:MOST_LISTED],
        lost_only_here=[ours[key] for key in ours if key not in theirs][:MOST_LISTED],
        lines=[line["text"] for line in tried["lines"]],
        notes=plan.notes,
        is_same_size=is_same_size,
    )


def _lost(analysis: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (fact["kind"], fact["text"].lower()): fact["text"][:160]
        for fact in analysis.get("facts") or []
        if not fact["is_kept"]
    }


def _better(name: str, stored: Any, tried: Any) -> str:
    """Which side is better; "" where they are equal, unknown or a matter of taste."""
    if stored is None or tried is None or stored == tried or name == "Tokens after":
        return ""
    is_more = tried > stored
    return "tried" if is_more == (name == "Score") else "stored"
