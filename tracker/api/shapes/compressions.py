"""Compressions in an answer."""

from __future__ import annotations

from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from tracker.api.shapes.budget import Budget, FiredEvent
from tracker.api.shapes.fields import (
    Answer,
    Dialect,
    Next,
    Object,
    Time,
    Tokens,
    one_of,
    said,
)
from tracker.api.shapes.usage import CountedBy
from tracker.models import Compression as StoredCompression
from tracker.models import CompressionText

SKIPPED = (
    "little_to_reclaim", "cooldown", "cache_warm", "refused", "advise", "observe",
)  # fmt: skip
# As JSON that is already written (`Raw`), or null.
ObjectOrNull = Annotated[
    Any, Meta(extra_json_schema={"anyOf": [{"type": "object"}, {"type": "null"}]})
]


class Compression(Answer):
    """One replacement of messages, done by Token Budget or by the client."""

    id: int
    seq: int
    session: str
    at: Time
    lane: str
    model: str
    performed_by: Annotated[str, one_of(dict(StoredCompression.PERFORMERS))]
    trigger: Annotated[str, one_of(dict(StoredCompression.TRIGGERS))]
    strategy: str
    is_advice: Annotated[bool, said("Planned, but the messages were not changed.")]
    before_tokens: Tokens
    after_tokens: Tokens
    claimed_before_tokens: int | None
    claimed_after_tokens: int | None
    saved_tokens: Annotated[int, said("Negative when the result was larger.")]
    saved_ratio: float
    target_tokens: int | None
    is_target_met: bool | None
    before_message_count: int | None
    after_message_count: int | None
    score: Annotated[
        float | None,
        said("0 to 1: what is needed later and expected to be still there."),
    ]
    facts_kept: int | None
    facts_lost: int | None
    verdicts: list[Object]
    summary: Annotated[str, said("Empty where the project keeps no text.")]
    review: Annotated[str, one_of(dict(StoredCompression.REVIEWS))]
    review_note: str
    reviewed_at: Time | None

    @classmethod
    def of(cls, row: StoredCompression, *, summary: str, **own: Any) -> Self:
        return cls.copied(
            row,
            session=row.session.key,
            saved_ratio=round(row.saved_ratio, 6),
            summary=summary,
            **own,
        )


class CompressionPage(Answer):
    results: list[Compression]
    next: Next


class CompressionDetail(Compression):
    """With the messages and their fates, as far as the project keeps them."""

    before: Annotated[
        list[Any] | None, said("Null where the project keeps no messages.")
    ]
    after: list[Any] | None
    fates: list[Object] | None
    facts: list[Object] | None
    lines: list[Object] | None
    plan: ObjectOrNull

    @classmethod
    def read(cls, row: StoredCompression) -> CompressionDetail:
        """One query, for the texts."""
        text = CompressionText.objects.filter(compression=row).first()
        analysis = (text.analysis or {}) if text else {}
        return cls.of(
            row,
            summary=text.summary if text else "",
            before=text.before if text else None,
            after=text.after if text else None,
            fates=analysis.get("fates"),
            facts=analysis.get("facts"),
            lines=analysis.get("lines"),
            plan=text.plan if text else None,
        )


class RecordedCompression(Answer):
    """What became of a client's compression."""

    session: str
    event_id: str
    duplicate: bool
    dialect: Dialect | None
    compression: Annotated[Compression | None, said("Null: it was removed since.")]
    budget: Budget
    events: list[FiredEvent]


class StoredAs(Answer):
    """Where a compression can be read."""

    id: int
    url: str
    score: float | None
    facts_lost: int | None


class Passage(Answer):
    """A piece of a message that a compression replaced."""

    number: Annotated[int, said("Of its message in the conversation, from 1.")]
    role: str
    text: str
    tokens: Tokens
    rank: Annotated[float, said("Higher is better, within one answer (BM25).")]


class Recalled(Answer):
    """Passages of compressed originals, the best first."""

    session: str
    results: list[Passage]
    tokens: Annotated[int, said("Of all passages, estimated.")]
    is_kept: Annotated[
        bool, said("False: nothing was compressed here, or no messages are kept.")
    ]


class StandingCut(Answer):
    """The cut that replaces the beginning of the messages, in this and later calls."""

    id: Annotated[
        str, said("For `after`: a later call needs to send only what follows.")
    ]
    message_count: Annotated[
        int, said("How many of the messages it stands for, as the client sent them.")
    ]
    is_kept: Annotated[
        bool,
        said(
            "False where the project keeps no messages: it is in the memory of one "
            "process, and gone when that ends."
        ),
    ]


class Optimized(Answer):
    """The messages to send."""

    session: str
    messages: Annotated[
        Any,
        Meta(
            description="What to send, in the shape that was given.",
            extra_json_schema={"type": "array", "items": {}},
        ),
    ]
    after: Annotated[
        str | None,
        said("The cut that `messages` follow; null: `messages` are all there are."),
    ]
    cut: StandingCut | None
    compressed: Annotated[bool, said("Now, or in an earlier call and still so.")]
    reasons: list[Annotated[str, one_of(("messages", "budget"))]]
    trigger: Annotated[str, one_of(("", *dict(StoredCompression.TRIGGERS)))]
    skipped: Annotated[str, one_of(SKIPPED)] | None
    before_tokens: Tokens
    after_tokens: Tokens
    target_tokens: Tokens
    is_target_met: bool
    budget: Budget
    warnings: list[str]
    counting: CountedBy
    dialect: Dialect | None
    plan: ObjectOrNull
    compression: StoredAs | None
    # A dry run stores nothing, so it has none of these.
    event_id: str | UnsetType = UNSET
    duplicate: bool | UnsetType = UNSET
    events: list[FiredEvent] | UnsetType = UNSET
