"""Messages of every dialect as messages that compression understands, and back.

What happens to the messages is then done to the items they stand for: a client gets its
own dialect back, and what is kept as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.messages import SUMMARY_START
from tracker.domain.dialects import detecting, langchain, part_items, responses

RESPONSES, GEMINI = "responses", "gemini"  # as the gateway names its requests' shapes
_IN_PARTS = (detecting.GEMINI, detecting.BEDROCK, detecting.AI_SDK)
# Of these each message is its own, as it came.
NATIVE = (detecting.ANTHROPIC, detecting.OPENAI_CHAT)
_NAMES = {RESPONSES: detecting.OPENAI_RESPONSES, "chat": detecting.OPENAI_CHAT}


@dataclass(frozen=True, slots=True)
class Grouped:
    """`messages[n]` is made of the items at the indices `groups[n]`."""

    messages: list[dict[str, Any]]
    groups: list[range]


def dialect_named(shape: str) -> str:
    """One of DIALECTS for what the gateway calls a shape; a dialect is its own name."""
    return _NAMES.get(shape, shape)


def as_messages(shape: str, items: Sequence[Any]) -> Grouped:
    """Every item is in one group, in order. Raises MessageError for what is not
    understood of a dialect that is not native.
    """
    dialect = dialect_named(shape)
    if dialect == detecting.OPENAI_RESPONSES:
        return Grouped(*responses.group_items(items))
    if dialect in _IN_PARTS:
        return Grouped(*part_items.group_items(dialect, items))
    groups = [range(n, n + 1) for n in range(len(items))]
    if dialect == detecting.LANGCHAIN:
        return Grouped([langchain.read_dumped(item) for item in items], groups)
    return Grouped(list(items), groups)


def summary_item(
    shape: str, summary: str, like: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A summary as an item of its own, in the form of the item `like`."""
    dialect = dialect_named(shape)
    if dialect == detecting.OPENAI_RESPONSES:
        return responses.summary_item(summary)
    if dialect in _IN_PARTS:
        return part_items.summary_like(dialect, like or {}, summary)
    if dialect == detecting.LANGCHAIN:
        return langchain.summary_like(like or {}, summary)
    return {"role": "user", "content": summary}


def changed_items(shape: str, items: Sequence[Any], message: Any) -> list[Any] | None:
    """The items with what compression changed in their message. None where this
    cannot be said in their own words: they are sent as they are then.
    """
    dialect, content = dialect_named(shape), message.get("content")
    if dialect == detecting.OPENAI_RESPONSES:
        return responses.write_items(items, content)
    if dialect in _IN_PARTS:
        return list(
            part_items.write_items(dialect, items, content, start=SUMMARY_START)
        )
    if dialect == detecting.LANGCHAIN:
        return [langchain.write_dumped(items[0], content)]
    return [message]
