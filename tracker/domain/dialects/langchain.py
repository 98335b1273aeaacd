"""LangChain's dumped messages, read as OpenAI's, and dumped again as they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.dialects.parts.blocks import as_list, mapping

ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "AIMessageChunk": "assistant",
}


def dumped(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What LangChain dumps: dumpd(), messages_to_dict() or model_dump()."""
    if message.get("lc") == 1 and isinstance(message.get("kwargs"), Mapping):
        kwargs: Mapping[str, Any] = message["kwargs"]
        name = str([*as_list(message.get("id")), ""][-2:][0])
        role = name.removesuffix("Message").removesuffix("MessageChunk").lower()
        return {"type": role, **kwargs}
    kind = message.get("type")
    if "role" in message or str(kind) not in ROLES:
        return None
    data = message.get("data")
    if isinstance(data, Mapping) and "content" in data:
        return {**data, "type": kind}
    return message if "content" in message else None


def read_dumped(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message as OpenAI's, its blocks as they are: LangChain passes those of every
    provider on.
    """
    data = dumped(message) or {}
    role = ROLES.get(str(data.get("type")), "user")
    content = data.get("content")
    read: dict[str, Any] = {"role": role, "content": "" if content is None else content}
    if message.get("pinned"):
        read["pinned"] = True
    if role == "tool":
        read["tool_call_id"] = str(data.get("tool_call_id") or data.get("name") or "")
    if calls := calls_of(data):
        read["tool_calls"] = [
            {
                "id": str(call.get("id") or ""),
                "type": "function",
                "function": {
                    "name": str(call.get("name") or ""),
                    "arguments": call.get("args") or {},
                },
            }
            for call in calls
        ]
    return read


def calls_of(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The calls beside the content, also those whose arguments LangChain could not
    parse: an agent answers them, too. Anthropic's blocks hold theirs already.
    """
    blocks = as_list(data.get("content"))
    uses = (b for b in map(mapping, blocks) if b.get("type") == "tool_use")
    held = {str(use.get("id")) for use in uses}
    calls = [*as_list(data.get("tool_calls")), *as_list(data.get("invalid_tool_calls"))]
    return [c for c in calls if isinstance(c, Mapping) and str(c.get("id")) not in held]


def write_dumped(message: Mapping[str, Any], content: Any) -> dict[str, Any]:
    """The message with another content, dumped as it was."""
    for holder in ("kwargs", "data"):
        inner = message.get(holder)
        if isinstance(inner, Mapping) and "content" in inner:
            return {**message, holder: {**inner, "content": content}}
    return {**message, "content": content}


def summary_like(message: Mapping[str, Any], summary: str) -> dict[str, Any]:
    """A person's message with the summary, dumped as `message` was."""
    if message.get("lc") == 1:
        return {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", "HumanMessage"],
            "kwargs": {"content": summary, "type": "human"},
        }
    if isinstance(message.get("data"), Mapping):
        return {"type": "human", "data": {"content": summary, "type": "human"}}
    return {"type": "human", "content": summary}
