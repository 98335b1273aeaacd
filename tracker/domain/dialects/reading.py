"""Messages of every known dialect, read into the shape that counting understands.

Known shapes pass as they are. What is read of the others is counted, never sent on
(relayed_items.py gives each dialect back).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.content_tokens import spoken_of
from tracker.domain.dialects import block_kinds, detecting
from tracker.domain.dialects.langchain import read_dumped
from tracker.domain.dialects.part_items import read_item

FOREIGN = (
    detecting.GEMINI,
    detecting.BEDROCK,
    detecting.AI_SDK,
    detecting.LANGCHAIN,
)
_SAYS = (
    "content", "parts", "tool_calls", "function_call", "reasoning_content", "reasoning",
    "refusal", "output", "arguments", "input", "summary", "encrypted_content", "type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadMessages:
    """`messages` without what was not understood, of which `unread` is the first.

    `dialect` is one of DIALECTS, None without messages.
    """

    messages: list[Any]
    dialect: str | None
    unread: MessageError | None


def read_dialect(messages: Sequence[Any]) -> ReadMessages:
    """All messages that are understood. For messages that come beside a reported
    number: what is not understood must not lose the number.
    """
    kept: list[Any] = []
    first: MessageError | None = None
    for index, message in enumerate(messages):
        known, complaint, _ = read_message(message)
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


def check_supported(messages: Sequence[Any], dialect: str | None = None) -> None:
    """For `optimize`. Raises MessageError for the first message that it cannot give
    back whole: of two dialects at once, or with a block of no known kind. `dialect` is
    that of messages before these.
    """
    own = detecting.dialect_of(messages)
    # Plain text is the same in OpenAI's and AI SDK's messages.
    is_open = not dialect or (dialect, own) == (detecting.OPENAI_CHAT, detecting.AI_SDK)
    dialect = own if is_open else dialect
    for index, message in enumerate(messages):
        if not isinstance(message, Mapping):
            continue
        found = detecting.foreign_dialect(message)
        # Text and files of AI SDK's have nothing of their own.
        is_alike = found is None and dialect == detecting.AI_SDK
        if found != dialect and (found or dialect in FOREIGN) and not is_alike:
            raise MessageError(index, f"is not of the dialect {dialect}, as others are")
        if is_alike:
            complaint = read_item(detecting.AI_SDK, message)[1]
        elif found is None and "role" in message:
            complaint = block_kinds.only_known(message.get("content"))[1]
        else:
            complaint = read_message(message)[1]
        if complaint:
            raise MessageError(index, complaint)


def read_message(message: Any) -> tuple[Any, str | None, str | None]:
    """The message, None where nothing is left; what was not understood; and the
    dialect, where it is neither Anthropic's nor OpenAI's.
    """
    if not isinstance(message, dict | Mapping):
        return message, None, None  # an SDK's object dumps itself when it is counted
    if detecting.is_plain(message):
        return message, None, None
    found = detecting.foreign_dialect(message)
    if found == detecting.LANGCHAIN:
        message = read_dumped(message)
    elif found is not None:
        return *read_item(found, message), found
    return *_native(message), found


def _native(message: Mapping[str, Any]) -> tuple[Any, str | None]:
    says = message.get("content") is not None or any(
        message.get(name) is not None for name in _SAYS
    )
    if not says and spoken_of(message) is None:
        if message.get("audio"):
            return None, "names a sound by its id alone: send its transcript, too"
        return None, "says nothing that is understood: no content"
    kind = message.get("type")
    is_item = kind is None or str(kind) in block_kinds.ITEMS
    if "role" not in message and not is_item:
        return None, f"of type {block_kinds.quoted(kind)} is of no known kind"
    content, complaint = block_kinds.only_known(message.get("content"))
    return ({**message, "content": content} if complaint else message), complaint
