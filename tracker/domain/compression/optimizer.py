"""ContextOptimizer: when to compress, and the messages to send afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import LEVEL_RANK, BudgetStatus
from tracker.domain.compression.answering import answer, in_own_words
from tracker.domain.compression.due import (
    all_parts,
    cools_down,
    has_lost_summary,
    judged,
    status_of,
)
from tracker.domain.compression.optimized_context import (
    OptimizedContext,
    OptimizeRequest,
)
from tracker.domain.compression.plans.plan import CompressionPlan, apply_plan
from tracker.domain.compression.plans.plan_draft import PlanRules
from tracker.domain.compression.plans.planning import plan_compression
from tracker.domain.compression.summary.middle import messages_behind_summary
from tracker.domain.compression.summary.summarising import Summarise
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Count, Measure
from tracker.domain.cuts.economics import LEAST_CACHED_TOKENS
from tracker.domain.dialects.rules import new_flaw

LITTLE, COOLDOWN = "little_to_reclaim", "cooldown"
CACHE_WARM, REFUSED = "cache_warm", "refused"
_WAITS = (
    "It waits until the provider's cache has expired or the budget asks: to merge "
    "messages frees nothing, and the cache would be written again."
)


class ContextOptimizer:
    """Keeps conversations inside their budget. It keeps no state between calls.

    `count` counts the tokens of a text, `model` decides what its provider adds around
    it, and `summarise` writes the summary of the middle (None: extracts, locally).
    """

    def __init__(
        self,
        policy: BudgetPolicy | None = None,
        *,
        count: Count = estimate_tokens,
        model: str = "",
        summarise: Summarise | None = None,
    ) -> None:
        self.policy = policy or BudgetPolicy()
        self.count = count
        self.model = model
        self.summarise = summarise

    def optimize_messages(
        self,
        session_id: str,
        messages: Sequence[Any],
        *,
        system: Any = None,
        user_context: Any = None,
        tools: Any = None,
        force: bool = False,
        window_tokens: int | None = None,
        messages_since_compression: int | None = None,
        seconds_since_compression: float | None = None,
        alternate: bool | None = None,
        originals: Mapping[int, Any] | None = None,
    ) -> OptimizedContext:
        """The messages to send, the budget, the warnings and the token details.

        `force` compresses without any trigger and without a cooldown.
        `messages_since_compression` None: counted behind the last summary found.
        `alternate` says whether the provider refuses two of a role in a row (None:
        found out). `originals` are the messages behind earlier summaries, by number
        (`middle.numbered_originals`): the new summary is then made from them. Raises
        MessageError when a message has no known shape.
        """
        return optimize(
            OptimizeRequest(
                session_id=session_id,
                messages=messages,
                policy=self.policy,
                model=self.model,
                system=system,
                user_context=user_context,
                tools=tools,
                force=force,
                window_tokens=window_tokens,
                messages_since_compression=messages_since_compression,
                seconds_since_compression=seconds_since_compression,
                alternate=alternate,
                originals=originals,
                count=self.count,
                summarise=self.summarise,
            )
        )


def optimize(request: OptimizeRequest) -> OptimizedContext:
    """Decide, plan and apply. The given messages are never changed; the answer is in
    their dialect. One that their provider would refuse is not given: `skipped` is
    "refused" then, and a warning says why.
    """
    request = in_own_words(request)
    before, trigger = judged(request)
    unchanged = _without_plan(request, before, trigger)
    if unchanged is not None:
        return unchanged
    plan = _plan(request, before)
    if not plan.changes_anything:
        return _unchanged(request, before, trigger=trigger, skipped=LITTLE, plan=plan)
    after_messages = apply_plan(plan, request.messages)
    after = status_of(
        request,
        all_parts(request, after_messages),
        messages_behind_summary(after_messages),
    )
    skipped = _why_not(request, plan, before, after)
    if skipped:
        return _unchanged(request, before, trigger=trigger, skipped=skipped, plan=plan)
    assert request.spoken is not None
    messages, told = answer(request, plan, after_messages)
    flaw = new_flaw(request.spoken.dialect, request.spoken.items, messages)
    if flaw:
        return _unchanged(
            request, before, trigger=trigger, skipped=REFUSED, told=f"Refused: {flaw}."
        )
    return OptimizedContext(
        messages=messages,
        understood=after_messages,
        compressed=True,
        reasons=before.reasons,
        trigger=trigger,
        skipped=None,
        before_tokens=before.used_tokens,
        after_tokens=after.used_tokens,
        target_tokens=before.limits.target_tokens,
        status=after,
        status_before=before,
        warnings=(*_warnings(before, after, plan), *told),
        plan=plan,
        summary=plan.summary,
    )


def judge(request: OptimizeRequest) -> OptimizedContext | None:
    """What `optimize` answers where nothing is to be planned; None where it is."""
    request = in_own_words(request)
    return _without_plan(request, *judged(request))


def _without_plan(
    request: OptimizeRequest, before: BudgetStatus, trigger: str
) -> OptimizedContext | None:
    if not trigger:
        return _unchanged(request, before, trigger="")
    if trigger in ("messages", "budget") and cools_down(request):
        return _unchanged(request, before, trigger=trigger, skipped=COOLDOWN)
    if trigger == "messages" and _would_only_cost(request, before):
        return _unchanged(request, before, trigger=trigger, skipped=CACHE_WARM)
    return None


def _would_only_cost(request: OptimizeRequest, before: BudgetStatus) -> bool:
    """Fewer messages of the same size free nothing, and the provider would write all of
    them to its cache anew: 1.25 instead of 0.1 for each token. This waits until the
    cache has expired or the budget asks. A prompt too short for a cache costs nothing.
    """
    if request.force or before.used_tokens < LEAST_CACHED_TOKENS:
        return False
    return request.is_cache_warm and not has_lost_summary(request)


def _plan(request: OptimizeRequest, before: BudgetStatus) -> CompressionPlan:
    policy = request.policy
    target = before.limits.target_tokens
    reply = Measure(request.count, request.model).overheads.reply
    rules = PlanRules(
        target_tokens=target,
        fixed_tokens=all_parts(request, ()).total + reply,
        keep_first=policy.keep_first,
        keep_last=policy.keep_last,
        must_summarise="budget" not in before.reasons,
        summary_percent=None if "messages" in before.reasons else 40,
        alternate=request.alternate,
    )
    return plan_compression(
        request.messages,
        rules,
        count=request.count,
        model=request.model,
        summarise=request.summarise,
        originals=request.originals,
    )


def _why_not(
    request: OptimizeRequest,
    plan: CompressionPlan,
    before: BudgetStatus,
    after: BudgetStatus,
) -> str | None:
    """Too little gained, or only asked for advice; None when it is to be done."""
    policy = request.policy
    least = max(
        policy.min_reclaim_tokens, policy.min_reclaim.reached_at(before.used_tokens)
    )
    is_relief = plan.is_met or LEVEL_RANK[after.level] < LEVEL_RANK[before.level]
    is_for_tokens = "budget" in before.reasons and not request.force
    if is_for_tokens and plan.freed_tokens < least and not is_relief:
        return LITTLE
    return None if policy.mode == "apply" else policy.mode


def _unchanged(
    request: OptimizeRequest,
    before: BudgetStatus,
    *,
    trigger: str,
    skipped: str | None = None,
    plan: CompressionPlan | None = None,
    told: str = "",
) -> OptimizedContext:
    given = request.spoken.items if request.spoken else request.messages
    return OptimizedContext(
        messages=given,
        understood=request.messages,
        compressed=False,
        reasons=before.reasons,
        trigger=trigger,
        skipped=skipped,
        before_tokens=before.used_tokens,
        after_tokens=before.used_tokens,
        target_tokens=before.limits.target_tokens,
        status=before,
        status_before=before,
        warnings=(
            *_warnings(before, before, plan, skipped),
            *((told,) if told else ()),
        ),
        plan=plan,
    )


def _warnings(
    before: BudgetStatus,
    after: BudgetStatus,
    plan: CompressionPlan | None,
    skipped: str | None = None,
) -> tuple[str, ...]:
    """What a person should know: the budget as it came in, what could not be done."""
    warnings = [before.warning] if before.warning else []
    if skipped == CACHE_WARM:
        warnings.append(_WAITS)
    if plan is not None:
        warnings.extend(plan.notes)
        if not plan.is_met:
            warnings.append(f"Target missed: {plan.verdict}.")
    if after is not before and after.warning:
        warnings.append(f"After compression: {after.warning}")
    return tuple(warnings)
