"""Messages of every known dialect, read into the shape that counting understands.

Known shapes pass as they are. What is read of the others is counted, never sent on:
`optimize` refuses them instead of answering calls without their results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.dialects import block_kinds, detecting
from tracker.domain.dialects.foreign_parts import (
    ai_sdk_part,
    as_list,
    bedrock_block,
    gemini_part,
    of_langchain,
    text_block,
)

_NAMES = {
    detecting.GEMINI: "Gemini contents",
    detecting.BEDROCK: "Bedrock Converse messages",
    detecting.AI_SDK: "AI SDK messages",
    detecting.LANGCHAIN: "LangChain's dumped messages",
}
_PART_READERS = {
    detecting.GEMINI: gemini_part,
    detecting.BEDROCK: bedrock_block,
    detecting.AI_SDK: ai_sdk_part,
}
_SAYS = ("content", "parts", "tool_calls", "function_call", "reasoning_content",
         "refusal", "output", "arguments", "input", "summary", "encrypted_content",
         "type")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadMessages:
    """`messages` without what was not understood, of which `unread` is the first.

    `dialect` is one of DIALECTS, None without messages.
    """

    messages: list[Any]
    dialect: str | None
    unread: MessageError | None


def read_dialect(messages: Sequence[Any]) -> ReadMessages:
    """All that is understood. For messages beside a number that somebody has told."""
    kept: list[Any] = []
    first: MessageError | None = None
    for index, message in enumerate(messages):
        known, complaint = _read(message)
        if complaint and first is None:
            first = MessageError(index, complaint)
        if known is not None:
            kept.append(known)
    return ReadMessages(kept, detecting.dialect_of(messages), first)


def readable(messages: Sequence[Any]) -> list[Any]:
    """The same where the count is all there is. Raises MessageError for the first thing
    that is not understood: left out, the budget would be too low by its size.
    """
    found = read_dialect(messages)
    if found.unread is not None:
        raise found.unread
    return found.messages


def check_supported(messages: Sequence[Any]) -> None:
    """For `optimize`. Raises MessageError, naming the first message that it cannot
    give back whole: of another dialect, or with a block of no known kind.
    """
    for index, message in enumerate(messages):
        if not isinstance(message, Mapping):
            continue
        found = detecting.foreign_dialect(message)
        if found is not None:
            raise MessageError(
                index,
                f"is of {_NAMES[found]}, which can be counted but not compressed: "
                "send Anthropic's or OpenAI's shape",
            )
        complaint = block_kinds.only_known(message.get("content"))[1]
        if complaint:
            raise MessageError(index, complaint)


def _read(message: Any) -> tuple[Any, str | None]:
    """The message, None where nothing is left, and what was not understood."""
    if not isinstance(message, Mapping):
        return message, None  # an SDK's object dumps itself when it is counted
    found = detecting.foreign_dialect(message)
    if found == detecting.LANGCHAIN:
        message = of_langchain(message)
    elif found is not None:
        return _of_parts(message, found)
    if not any(message.get(name) is not None for name in _SAYS):
        return None, "says nothing that is understood: no content"
    kind = message.get("type")
    is_item = kind is None or str(kind) in block_kinds.ITEMS
    if "role" not in message and not is_item:
        return None, f"of type {block_kinds.quoted(kind)} is of no known kind"
    content, complaint = block_kinds.only_known(message.get("content"))
    return ({**message, "content": content} if complaint else message), complaint


def _of_parts(message: Mapping[str, Any], found: str) -> tuple[Any, str | None]:
    role = {"model": "assistant"}.get(str(message.get("role")), message.get("role"))
    blocks = as_list(message.get("content")) or as_list(message.get("parts"))
    content, complaint = [], None
    for at, block in enumerate(blocks):
        is_part = isinstance(block, Mapping)
        known = _PART_READERS[found](block) if is_part else text_block(block)
        if known is not None:
            content.append(known)
        elif complaint is None:
            name = block.get("type") or next(iter(block), "")
            name = block_kinds.quoted(name)
            complaint = f"part {at} of {_NAMES[found]}, {name}, is of no known kind"
    return {"role": role or "user", "content": content}, complaint
