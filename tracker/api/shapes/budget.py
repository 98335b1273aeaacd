"""Budgets, samples and threshold events in an answer."""

from __future__ import annotations

from typing import Annotated

from tracker.api.shapes.fields import (
    Answer,
    Level,
    Next,
    Source,
    Time,
    Tokens,
    WindowSource,
    one_of,
    said,
)
from tracker.domain.budget.status import ACTIONS, BudgetStatus
from tracker.models import ThresholdEvent, UsageSample


class Parts(Answer):
    """What fills the window. The five add up to the used tokens."""

    system: Tokens
    history: Tokens
    user_context: Tokens
    tools: Tokens
    unattributed: Annotated[Tokens, said("Reported, but in none of the counted parts.")]


class Budget(Answer):
    """How full a window is, and what to do about it."""

    window_tokens: Annotated[int, said("What the model holds.")]
    window_source: WindowSource
    reserved_tokens: Annotated[int, said("Kept free for the answer.")]
    available_tokens: Annotated[int, said("Window minus reserve.")]
    used_tokens: Annotated[Tokens, said("Input including cache reads and writes.")]
    remaining_tokens: Annotated[int, said("Negative when exceeded.")]
    used_ratio: Annotated[float, said("Of available; may pass 1.")]
    used_percent: Annotated[str, said("The same, rounded down, for people.")]
    level: Level
    action: Annotated[str, one_of(ACTIONS.values())]
    should_compress: bool
    reasons: list[Annotated[str, one_of(("messages", "budget"))]]
    target_tokens: Annotated[Tokens, said("Where a compression should end.")]
    tokens_to_free: Annotated[Tokens, said("0 unless should_compress.")]
    source: Source
    policy: Annotated[str, said("The policy that applied.")]
    parts: Parts
    warning: Annotated[str | None, said("One sentence for a person.")]

    @classmethod
    def of(cls, status: BudgetStatus) -> Budget:
        """What live messages say, too."""
        told = status.as_dict()
        # By position: named arguments take twice as long, and this is each report.
        told["parts"] = Parts(*told["parts"].values())
        return cls(*told.values())


class FiredEvent(Answer):
    """A threshold event that a report has just fired."""

    id: int
    seq: Annotated[int, said("Its number within the project. Sockets resume after it.")]
    from_level: Level
    to_level: Level
    used_tokens: Tokens
    at: Time


class Event(Answer):
    """A threshold event: the moment at which a session's level changed."""

    id: int
    seq: int
    session: str
    from_level: Level
    to_level: Level
    used_tokens: Tokens
    available_tokens: int
    policy: str
    at: Time

    @classmethod
    def of(cls, event: ThresholdEvent) -> Event:
        return cls.copied(event, session=event.session.key, policy=event.policy_name)


class EventPage(Answer):
    results: list[Event]
    next: Next


class Sample(Answer):
    """What one request's window held."""

    event_id: str
    at: Time
    model: str
    used_tokens: Tokens
    parts: Parts
    input_tokens: Tokens | None
    output_tokens: Tokens | None
    cache_read_tokens: Tokens | None
    cache_creation_tokens: Tokens | None
    message_count: Tokens | None
    window_tokens: int
    window_source: WindowSource
    available_tokens: int
    used_ratio: float
    level: Level
    source: Source
    lane: str
    late: Annotated[bool, said("It came after a newer one: history only.")]
    clock_skewed: Annotated[bool, said("Its clock was over 5 minutes ahead.")]
    implausible: Annotated[
        str | None,
        said("Why no gauge followed it: zero_input, helper_call, rewound, or null."),
    ]
    partial: Annotated[
        str | None,
        said("Why it tells a part of what was paid for: tool_loop, or null."),
    ]

    @classmethod
    def of(cls, sample: UsageSample) -> Sample:
        return cls.copied(
            sample,
            parts=Parts.copied(sample.parts),
            used_ratio=round(sample.used_ratio, 6),
            late=sample.is_late,
            clock_skewed=sample.is_clock_skewed,
            implausible=sample.implausible or None,
            partial=sample.partial or None,
        )


class History(Answer):
    """A session's samples over time. `next` is always null: there is one page."""

    results: list[Sample]
    sample_count: Annotated[int, said("Samples in this stretch, shown or not.")]
    is_downsampled: Annotated[
        bool, said("Fewer are shown than there are. Peaks are kept.")
    ]
    next: Next
