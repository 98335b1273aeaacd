"""Blocks of the shapes that counting understands, made of other dialects' parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.counting.content_tokens import compact_json


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_block(value: Any) -> dict[str, Any]:
    return {"type": "text", "text": value if isinstance(value, str) else str(value)}


def call_block(name: Any, arguments: Any, call_id: Any = None) -> dict[str, Any]:
    call = {"type": "tool_use", "name": str(name or ""), "input": arguments or {}}
    return {**call, "id": str(call_id)} if call_id else call


def result_block(content: Any, call_id: Any = None) -> dict[str, Any]:
    result = {"type": "tool_result", "content": content}
    return {**result, "tool_use_id": str(call_id)} if call_id else result


def medium_block(mime: Any, data: Any, **said: Any) -> dict[str, Any]:
    """Counted by its kind and size (domain/counting/media_tokens.py). `said` names it:
    a title, an address.
    """
    names = {name: value for name, value in said.items() if isinstance(value, str)}
    return {"type": "media", "mime_type": str(mime or ""), "data": data, **names}


def either(part: Mapping[str, Any], *names: str) -> Mapping[str, Any] | None:
    """The first of these fields that holds an object: SDKs write `function_call`, REST
    `functionCall`.
    """
    found = (part.get(name) for name in names)
    return next((value for value in found if isinstance(value, Mapping)), None)


def as_text(value: Any) -> Any:
    """Text, or the data whose leaves are counted."""
    if isinstance(value, Mapping) and isinstance(value.get("value"), str):
        return str(value["value"])
    if value is None or isinstance(value, str):
        return value or ""
    return compact_json(value)


def result_text(block: Mapping[str, Any]) -> str:
    """The text of a result's block, its media left out."""
    content = block.get("content")
    if isinstance(content, str):
        return content
    texts = [str(mapping(inner).get("text") or "") for inner in as_list(content)]
    return "\n".join(text for text in texts if text)


def opaque_block(kind: str, said: Any, **more: Any) -> dict[str, Any]:
    """Counted and summarised, never shortened: the block could not be rebuilt."""
    return {"type": kind, "output": as_text(said), **more}
