"""What goes into an optimisation of a context, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import BudgetStatus
from tracker.domain.compression.plans.plan import CompressionPlan
from tracker.domain.compression.summary.summarising import Summarise
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Count
from tracker.domain.reports import Parts


@dataclass(frozen=True, slots=True)
class OptimizedContext:
    """The answer. `messages` is the given list itself if nothing was done, else a new
    one in the same dialect. `understood` are the same messages in our own form, if that
    differs.

    `skipped` says why nothing was done although compression was due. Tokens are of the
    whole context: system, tools, user context and messages. `status` is the budget of
    `messages`, `status_before` that of the given ones.
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
    understood: Sequence[Any] = ()

    @property
    def is_target_met(self) -> bool:
        return self.after_tokens <= self.target_tokens


@dataclass(frozen=True, slots=True)
class Spoken:
    """Messages as they came, which we understand as others: message n stands for the
    items at the places `groups[n]`. `dialect` is one of DIALECTS, "" without messages.
    """

    dialect: str
    items: Sequence[Any]
    groups: tuple[range, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Messages in front of the given ones that were counted before.

    `parts` are their history and system tokens, without the frame of the reply;
    `new_messages` of them stand behind a summary.
    """

    parts: Parts = Parts()
    new_messages: int = 0


@dataclass(frozen=True, slots=True)
class OptimizeRequest:
    """One call of `optimize`, picklable: the work may be done in another process.

    `count` and `summarise` must then be importable functions or picklable objects
    (`measure.NamedCount`). `model` says what providers add around the text.
    `unseen_tokens` are in the window and in nothing that is given here. `known` are
    messages in front of these: such a request can be judged, not planned.
    `must_hold_summary`: the last compression was done here, so messages without a
    summary are the old ones, and its cooldown would let all of them through.
    `is_cache_warm`: the provider's cache holds what was sent last. `spoken` is set
    where `messages` are already in our words (`answering.in_own_words`).
    """

    session_id: str
    messages: Sequence[Any]
    policy: BudgetPolicy = BudgetPolicy()
    model: str = ""
    system: Any = None
    user_context: Any = None
    tools: Any = None
    force: bool = False
    window_tokens: int | None = None
    window_source: str = "default"
    messages_since_compression: int | None = None
    seconds_since_compression: float | None = None
    alternate: bool | None = None
    originals: Mapping[int, Any] | None = None
    unseen_tokens: int = 0
    known: Known | None = None
    must_hold_summary: bool = False
    is_cache_warm: bool = False
    count: Count = estimate_tokens
    summarise: Summarise | None = None
    spoken: Spoken | None = None
