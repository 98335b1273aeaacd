"""Codex's response items -> messages in OpenAI's chat shape, and their size."""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.conversation.messages import message_tokens
from tracker.domain.counting.counters import estimate_tokens

_SYSTEM_ROLES = ("developer", "system")
# Text that Codex itself puts into user messages: not a person's words.
_CONTEXT_KINDS = ("environments.", "user_instructions", "agents_md")
_CONTEXT_STARTS = (
    "<environment_context>",
    "<user_instructions>",
    "# AGENTS.md instructions",
)


def item_message(item: dict[str, Any]) -> dict[str, Any] | None:
    """The message an item stands for; None for reasoning and unknown items."""
    kind = item.get("type")
    if kind == "message":
        return _spoken(item)
    if not isinstance(kind, str):
        return None
    call_id = str(item.get("call_id") or item.get("id") or "")
    if kind.endswith("_call_output"):
        content = _text(item.get("output"))
        return {"role": "tool", "tool_call_id": call_id, "content": content}
    if kind.endswith("_call"):
        arguments = item.get("arguments", item.get("input", item.get("action")))
        name = str(item.get("name") or kind.removesuffix("_call"))
        function = {"name": name, "arguments": _text(arguments)}
        call = {"id": call_id, "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return None


def is_from_model(item: dict[str, Any]) -> bool:
    """Whether an item is part of an answer, so not of the window it answers."""
    kind = item.get("type")
    if kind == "message":
        return item.get("role") == "assistant"
    return kind == "reasoning" or str(kind).endswith("_call")


def is_context(item: dict[str, Any]) -> bool:
    """Whether a user message holds what the client says of the surroundings."""
    facts = item.get("internal_chat_message_metadata_passthrough")
    kinds = facts.get("content_item_kinds") if isinstance(facts, dict) else None
    if isinstance(kinds, list) and kinds:
        return all(str(kind).startswith(_CONTEXT_KINDS) for kind in kinds)
    return _text(item.get("content")).lstrip().startswith(_CONTEXT_STARTS)


def tools_tokens(item: dict[str, Any]) -> int:
    """The estimated size of tool definitions told as an item; 0 for any other.

    Newer models get their tools as `additional_tools` in the conversation: 26 to 37 KB
    of JSON that are in the window like every message.
    """
    tools = item.get("tools")
    if item.get("type") != "additional_tools" or not isinstance(tools, list):
        return 0
    return estimate_tokens(msgspec.json.encode(tools).decode())


def is_prompt(item: dict[str, Any]) -> bool:
    """Whether it is a prompt: of a person, or of the agent above."""
    kind = item.get("type")
    if kind == "message":
        return item.get("role") == "user" and not is_context(item)
    return kind == "agent_message"


def add_item(messages: list[dict[str, Any]], item: dict[str, Any]) -> bool:
    """Append an item's message; False if it has none of its own.

    Calls made side by side belong to one message, as their results expect.
    """
    message = item_message(item)
    if message is None:
        return False
    last = messages[-1] if messages else {}
    if "tool_calls" in message and "tool_calls" in last:
        last["tool_calls"].extend(message["tool_calls"])
        return False
    messages.append(message)
    return True


def item_tokens(item: dict[str, Any]) -> int:
    """The estimated size of an item; reasoning is encrypted and counts 0."""
    message = item_message(item)
    try:
        return message_tokens(message, estimate_tokens) if message else 0
    except MessageError:
        return 0


def _spoken(item: dict[str, Any]) -> dict[str, Any]:
    role = str(item.get("role") or "user")
    if role in _SYSTEM_ROLES:
        role = "system"
    elif role != "assistant":
        role = "user"
    return {"role": role, "content": _text(item.get("content"))}


def _text(content: Any) -> str:
    """All text in a string, a list of blocks, or an output object."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        inner = content.get("text", content.get("content", content.get("command")))
        return _text(inner)
    if isinstance(content, list):
        return "\n".join(text for text in map(_text, content) if text)
    return ""
