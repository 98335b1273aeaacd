"""Messages of any provider's shape as text a person can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SHOWN_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Shown:
    """One message. `rest` is what is folded away beyond the first 4,000 characters."""

    number: int
    role: str
    kind: str
    text: str
    rest: str
    characters: int


def shown_message(number: int, message: Any) -> Shown:
    """`number` counts from 1. Anything is shown, also what has no known shape."""
    if not isinstance(message, dict):
        message = {"content": message}
    kinds: list[str] = []
    text = _text(message.get("content"), kinds)
    for call in message.get("tool_calls") or []:
        kinds.append("tool call")
        text += f"\n{_plain(call)}"
    text = text.strip()
    return Shown(
        number=number,
        role=str(message.get("role", "unknown")),
        kind=", ".join(dict.fromkeys(kinds)),
        text=text[:SHOWN_CHARACTERS],
        rest=text[SHOWN_CHARACTERS:],
        characters=len(text),
    )


def _text(content: Any, kinds: list[str]) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_block(block, kinds) for block in content)
    return _plain(content)


def _block(block: Any, kinds: list[str]) -> str:
    if not isinstance(block, dict):
        return _text(block, kinds)
    kind = str(block.get("type", ""))
    if kind in ("text", "input_text", "output_text"):
        return str(block.get("text", ""))
    kinds.append(kind.replace("_", " "))
    if kind == "tool_use":
        return f"{block.get('name', '')} {_plain(block.get('input'))}"
    if kind == "tool_result":
        return _text(block.get("content"), [])
    if kind == "thinking":
        return str(block.get("thinking", ""))
    if kind in ("image", "image_url", "document"):
        return f"[{kind.replace('_', ' ')}]"
    return _plain(block)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
