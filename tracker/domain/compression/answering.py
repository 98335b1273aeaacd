"""A compression of any dialect: understood in our words, answered in its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracker.domain.compression.optimized_context import OptimizeRequest, Spoken
from tracker.domain.compression.plans.plan import (
    DROPPED,
    SUMMARISED,
    CompressionPlan,
)
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.dialects.citations import with_sound_citations
from tracker.domain.dialects.detecting import GEMINI, OPENAI_RESPONSES, dialect_of
from tracker.domain.dialects.relayed_items import (
    NATIVE,
    as_messages,
    changed_items,
    dialect_named,
    summary_item,
)

# Their providers accept two messages of one role in a row, so the summary is one.
_IN_A_ROW = (OPENAI_RESPONSES, GEMINI, "ai_sdk")
# What carries a mark up to which a provider caches.
_MARKS = ("cache_control", "cachePoint", "cacheControl")


def in_own_words(request: OptimizeRequest, shape: str = "") -> OptimizeRequest:
    """The request with its messages as we understand them, and with those that came.

    `shape` is their dialect where that is known. Raises MessageError.
    """
    if request.spoken is not None:
        return request
    dialect = dialect_named(shape) if shape else dialect_of(request.messages)
    if dialect is None or dialect in NATIVE:
        groups = tuple(range(n, n + 1) for n in range(len(request.messages)))
        spoken = Spoken(dialect or "", request.messages, groups)
        return replace(request, spoken=spoken)
    grouped = as_messages(dialect, request.messages)
    spoken = Spoken(dialect, request.messages, tuple(grouped.groups))
    alternate = False if dialect in _IN_A_ROW else request.alternate
    return replace(
        request, messages=grouped.messages, spoken=spoken, alternate=alternate
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What goes out for one message: places of items that stay as they came, and new
    items. `places_until` of the items and `after_until` of the compressed messages are
    dealt with then.
    """

    sent: tuple[int | Mapping[str, Any], ...]
    is_changed: bool
    places_until: int
    after_until: int


def answer_steps(
    spoken: Spoken,
    before: Sequence[Any],
    plan: CompressionPlan,
    after: Sequence[Any],
) -> Iterator[Step]:
    """Message by message, as `plans.plan.apply_plan` walks."""
    done = 0
    like = next((item for item in spoken.items if isinstance(item, Mapping)), None)
    for at, places in enumerate(spoken.groups):
        sent: list[int | Mapping[str, Any]] = []
        if at == plan.summary_at and plan.summary_way == "own":
            sent.append(summary_item(spoken.dialect, plan.summary, like))
            done += 1
        is_changed = bool(sent) or plan.fates[at] in (SUMMARISED, DROPPED)
        if plan.fates[at] not in (SUMMARISED, DROPPED):
            now, done = after[done], done + 1
            changed = None
            if now != before[at]:
                items = [spoken.items[n] for n in places]
                changed = changed_items(spoken.dialect, items, now)
            is_changed = is_changed or changed is not None
            sent += places if changed is None else changed
        yield Step(tuple(sent), is_changed, places.stop, done)
    if plan.summary_way == "own" and plan.summary_at == len(spoken.groups):
        summary = summary_item(spoken.dialect, plan.summary, like)
        yield Step((summary,), True, len(spoken.items), done + 1)


def understood(messages: Sequence[Any]) -> list[Any]:
    """Messages of any dialect as we understand them. Raises MessageError."""
    dialect = dialect_of(messages)
    if dialect is None or dialect in NATIVE:
        return list(messages)
    return as_messages(dialect, messages).messages


def answer(
    request: OptimizeRequest, plan: CompressionPlan, after: Sequence[Any]
) -> tuple[Sequence[Any], tuple[str, ...]]:
    """The messages to send, in the dialect of those that came, and what a person should
    know of them. `after` is the same in our words.
    """
    spoken = request.spoken
    assert spoken is not None
    if spoken.dialect and spoken.dialect not in NATIVE:
        messages: Sequence[Any] = _items(spoken, request.messages, plan, after)
        lost = 0
    else:
        messages, lost = with_sound_citations(spoken.items, after)
    marks = lost_marks(spoken.items, messages)
    told = [marks] if marks else []
    if lost:
        were = "1 citation" if lost == 1 else f"{lost} citations"
        told.append(
            f"{were} of documents that were replaced, or that moved up, are taken off "
            "the texts; the texts stay."
        )
    return messages, tuple(told)


def _items(
    spoken: Spoken, before: Sequence[Any], plan: CompressionPlan, after: Sequence[Any]
) -> list[Any]:
    return [
        repair_data(spoken.items[part] if isinstance(part, int) else part)
        for step in answer_steps(spoken, before, plan, after)
        for part in step.sent
    ]


def lost_marks(before: Sequence[Any], after: Sequence[Any]) -> str:
    """What to say where marks of the provider's cache went with their messages; "" for
    none.
    """
    lost = _marks(before) - _marks(after)
    if lost <= 0:
        return ""
    marks = "1 cache mark" if lost == 1 else f"{lost} cache marks"
    return (
        f"{marks} went with the messages that were replaced: set a new one on the last "
        "message that stays the same."
    )


def _marks(messages: Sequence[Any]) -> int:
    """Marks on messages, their blocks, and the blocks of results and options."""
    found = 0
    waiting: list[tuple[Any, int]] = [(message, 0) for message in messages]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, Mapping):
            found += sum(value.get(name) is not None for name in _MARKS)
            waiting.extend(
                (value[name], depth + 1)
                for name in (
                    "content",
                    "providerOptions",
                    "anthropic",
                    "kwargs",
                    "data",
                )
                if depth < 6 and isinstance(value.get(name), list | Mapping)
            )
        elif isinstance(value, list):
            waiting.extend((inner, depth) for inner in value)
    return found
