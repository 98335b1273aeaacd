"""Messages of any provider's shape as text a person can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.conversation.messages import Message, read_message

KINDS = {
    "call": "tool call",
    "result": "tool result",
    "thinking": "thinking",
    "image": "image",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One message. `is_code` where line breaks and columns carry the meaning."""

    index: int
    role: str
    kind: str
    text: str
    is_code: bool

    @property
    def number(self) -> int:
        return self.index + 1


def shown(raw: Any, index: int) -> Shown:
    """A message as people read it; one of no known shape is shown as its JSON."""
    try:
        message = read_message(raw, index)
    except MessageError:
        return Shown(index, "unknown", "", plain(raw), True)
    kinds = [KINDS[p.kind] for p in message.pieces if p.kind in KINDS]
    text = "\n".join(_pieces(message)).strip()
    is_code = bool(message.result_ids or message.call_ids)
    return Shown(
        index, message.role, ", ".join(dict.fromkeys(kinds)), text or "(empty)", is_code
    )


def _pieces(message: Message) -> list[str]:
    lines = []
    for piece in message.pieces:
        if piece.kind == "call":
            lines.append(f"→ {piece.name}({piece.text})")
        elif piece.text:
            lines.append(piece.text)
        if piece.images:
            lines.append("[image]" if piece.images == 1 else f"[{piece.images} images]")
    return lines


def plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
