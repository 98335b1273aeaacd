"""ContextOptimizer: when to compress, and the messages to send afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.budget import LEVEL_RANK, BudgetStatus, evaluate
from tracker.domain.compression_plan import CompressionPlan, apply_plan
from tracker.domain.counting import estimate_tokens
from tracker.domain.messages import Count, context_parts, read_messages
from tracker.domain.middle import number_messages
from tracker.domain.planning import PlanRules, plan_compression
from tracker.domain.policy import BudgetPolicy
from tracker.domain.reports import Parts
from tracker.domain.summarising import Summarise

LITTLE, COOLDOWN, ADVISE = "little_to_reclaim", "cooldown", "advise"


@dataclass(frozen=True, slots=True)
class OptimizedContext:
    """The answer. `messages` is the very list given when nothing was done.

    `skipped` says why nothing was done although something asked for it. Tokens are
    of the whole context: system, tools, user context and messages. `status` is the
    budget of `messages`, `status_before` of what came in.
    """

    messages: Sequence[Any]
    compressed: bool
    reasons: tuple[str, ...]
    trigger: str
    skipped: str | None
    before_tokens: int
    after_tokens: int
    target_tokens: int
    status: BudgetStatus
    status_before: BudgetStatus
    warnings: tuple[str, ...]
    plan: CompressionPlan | None = None
    summary: str = ""

    @property
    def is_target_met(self) -> bool:
        return self.after_tokens <= self.target_tokens


@dataclass(frozen=True, slots=True)
class OptimizeRequest:
    """One call of `optimize`, picklable: the work may be done in another process.

    `count` and `summarise` must then be importable functions or picklable objects.
    """

    session_id: str
    messages: Sequence[Any]
    policy: BudgetPolicy = BudgetPolicy()
    system: Any = None
    user_context: Any = None
    tools: Any = None
    force: bool = False
    window_tokens: int | None = None
    window_source: str = "default"
    messages_since_compression: int | None = None
    seconds_since_compression: float | None = None
    alternate: bool | None = None
    count: Count = estimate_tokens
    summarise: Summarise | None = None


class ContextOptimizer:
    """Keeps conversations inside their budget. Holds rules, remembers nothing.

    `count` says how many tokens a text has; `summarise` writes the summary of the
    middle (None: extracts, locally).
    """

    def __init__(
        self,
        policy: BudgetPolicy | None = None,
        *,
        count: Count = estimate_tokens,
        summarise: Summarise | None = None,
    ) -> None:
        self.policy = policy or BudgetPolicy()
        self.count = count
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
    ) -> OptimizedContext:
        """The messages to send, the budget, the warnings and the token details.

        `force` compresses without any trigger and without a cooldown.
        `messages_since_compression` None: counted behind the last summary found.
        `alternate` says whether the provider refuses two of a role in a row (None:
        found out). Raises MessageError when a message has no known shape.
        """
        return optimize(
            OptimizeRequest(
                session_id=session_id,
                messages=messages,
                policy=self.policy,
                system=system,
                user_context=user_context,
                tools=tools,
                force=force,
                window_tokens=window_tokens,
                messages_since_compression=messages_since_compression,
                seconds_since_compression=seconds_since_compression,
                alternate=alternate,
                count=self.count,
                summarise=self.summarise,
            )
        )


def optimize(request: OptimizeRequest) -> OptimizedContext:
    """Decide, plan and apply. The given messages are never changed."""
    parts = _parts(request, request.messages)
    new_messages = request.messages_since_compression
    if new_messages is None:
        new_messages = messages_behind_summary(request.messages)
    before = _judge(request, parts, new_messages)
    trigger = _trigger(before, request.force)
    if not trigger:
        return _unchanged(request, before, trigger="")
    if trigger in ("messages", "budget") and _cools_down(request):
        return _unchanged(request, before, trigger=trigger, skipped=COOLDOWN)
    plan = _plan(request, before, parts)
    if not plan.changes_anything:
        return _unchanged(request, before, trigger=trigger, skipped=LITTLE, plan=plan)
    after_messages = apply_plan(plan, request.messages)
    after = _judge(
        request,
        _parts(request, after_messages),
        messages_behind_summary(after_messages),
    )
    skipped = _why_not(request, plan, before, after)
    if skipped:
        return _unchanged(request, before, trigger=trigger, skipped=skipped, plan=plan)
    return OptimizedContext(
        messages=after_messages,
        compressed=True,
        reasons=before.reasons,
        trigger=trigger,
        skipped=None,
        before_tokens=before.used_tokens,
        after_tokens=after.used_tokens,
        target_tokens=before.limits.target_tokens,
        status=after,
        status_before=before,
        warnings=_warnings(before, after, plan),
        plan=plan,
        summary=plan.summary,
    )


def messages_behind_summary(messages: Sequence[Any]) -> int:
    """How many messages came since the last compression, system messages not counted.

    The kept first ones and the summary itself do not count; all do if there is none.
    """
    numbered = number_messages(read_messages(messages))
    start = max(numbered.earlier, default=-1) + 1
    if start and not numbered.earlier[start - 1].is_whole_message:
        start -= 1
    return sum(message.role != "system" for message in numbered.messages[start:])


def _parts(request: OptimizeRequest, messages: Sequence[Any]) -> Parts:
    return context_parts(
        messages,
        system=request.system,
        user_context=request.user_context,
        tools=request.tools,
        count=request.count,
    )


def _judge(request: OptimizeRequest, parts: Parts, new_messages: int) -> BudgetStatus:
    return evaluate(
        request.policy,
        parts.total,
        window_tokens=request.window_tokens,
        window_source=request.window_source,
        parts=parts,
        message_count=new_messages,
        source="estimated" if request.count is estimate_tokens else "counted",
    )


def _trigger(status: BudgetStatus, force: bool) -> str:
    """What asked for it, the most urgent first; "" when nothing did."""
    if status.level in ("exceeded", "critical"):
        return status.level
    if "budget" in status.reasons:
        return "budget"
    if status.reasons:
        return status.reasons[0]
    return "manual" if force else ""


def _cools_down(request: OptimizeRequest) -> bool:
    """Critical and exceeded do not wait; a compression too soon only thrashes."""
    passed = request.seconds_since_compression
    return (
        not request.force
        and passed is not None
        and passed < request.policy.cooldown_seconds
    )


def _plan(
    request: OptimizeRequest, before: BudgetStatus, parts: Parts
) -> CompressionPlan:
    policy = request.policy
    target = before.limits.target_tokens
    beside = _parts(request, ())
    rules = PlanRules(
        target_tokens=target,
        fixed_tokens=beside.total,
        keep_first=policy.keep_first,
        keep_last=policy.keep_last,
        must_summarise=before.used_tokens <= target,
        alternate=request.alternate,
    )
    return plan_compression(
        request.messages, rules, count=request.count, summarise=request.summarise
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
    is_relief = "budget" in before.reasons and (
        plan.is_met or LEVEL_RANK[after.level] < LEVEL_RANK[before.level]
    )
    if plan.freed_tokens < least and not (is_relief or request.force):
        return LITTLE
    return ADVISE if policy.mode == "advise" else None


def _unchanged(
    request: OptimizeRequest,
    before: BudgetStatus,
    *,
    trigger: str,
    skipped: str | None = None,
    plan: CompressionPlan | None = None,
) -> OptimizedContext:
    return OptimizedContext(
        messages=request.messages,
        compressed=False,
        reasons=before.reasons,
        trigger=trigger,
        skipped=skipped,
        before_tokens=before.used_tokens,
        after_tokens=before.used_tokens,
        target_tokens=before.limits.target_tokens,
        status=before,
        status_before=before,
        warnings=_warnings(before, before, plan),
        plan=plan,
    )


def _warnings(
    before: BudgetStatus, after: BudgetStatus, plan: CompressionPlan | None
) -> tuple[str, ...]:
    """What a person should know: the budget as it came in, what could not be done."""
    warnings = [before.warning] if before.warning else []
    if plan is not None:
        warnings.extend(plan.notes)
        if not plan.is_met:
            warnings.append(f"Target missed: {plan.verdict}.")
    if after is not before and after.warning:
        warnings.append(f"After compression: {after.warning}")
    return tuple(warnings)
