"""Reads Anthropic Messages and OpenAI Chat messages into one internal shape.

Nothing here changes a message: `raw` is always the caller's own object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError, Piece, read_pieces
from tracker.domain.conversation.observations import observed
from tracker.domain.counting.content_tokens import as_data
from tracker.domain.counting.measure import Count, Measure

SUMMARY_START = "<earlier messages="  # how a summary of ours begins
_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in the words all providers share."""

    index: int
    role: str  # system, user, assistant, tool
    pieces: tuple[Piece, ...]
    is_pinned: bool
    raw: Any

    @property
    def call_ids(self) -> tuple[str, ...]:
        return tuple(piece.call_id for piece in self.pieces if piece.kind == "call")

    @property
    def result_ids(self) -> tuple[str, ...]:
        return tuple(piece.call_id for piece in self.pieces if piece.kind == "result")

    @property
    def has_thinking(self) -> bool:
        return any(piece.kind == "thinking" for piece in self.pieces)

    @property
    def text(self) -> str:
        """All that is readable, calls as `→ name(arguments)`."""
        return "\n".join(
            f"→ {piece.name}({piece.text})" if piece.kind == "call" else piece.text
            for piece in self.pieces
            if piece.text or piece.kind == "call"
        )


def read_messages(messages: Sequence[Any]) -> tuple[Message, ...]:
    """Every message read. Raises MessageError for what has no role or no shape.

    What an agent's commands printed is a tool's, also where it comes as a user's.
    """
    read = [read_message(raw, index) for index, raw in enumerate(messages)]
    if any(message.role == "tool" for message in read):
        return tuple(read)  # tools have messages of their own here
    texts = [message.text for message in read]
    for at in observed([message.role for message in read], texts):
        if not read[at].is_pinned and not texts[at].startswith(SUMMARY_START):
            read[at] = replace(read[at], role="tool")
    return tuple(read)


def read_message(raw: Any, index: int = 0) -> Message:
    """One message: a dict, or an SDK's object that can dump itself as one."""
    data = as_data(raw)
    if not isinstance(data, Mapping):
        raise MessageError(index, "must be an object")
    role = data.get("role")
    if not isinstance(role, str) or not role:
        raise MessageError(index, "role is missing")
    pieces = read_pieces(data, index)
    kind = _ROLES.get(role, "user")
    # Anthropic sends tool results in a user message.
    if kind == "user" and any(piece.kind == "result" for piece in pieces):
        kind = "tool"
    return Message(index, kind, tuple(pieces), bool(data.get("pinned")), raw)


def message_tokens(raw: Any, count: Count, *, model: str = "") -> int:
    """The size of one message in tokens, with its frame; media by size.

    `count` counts its text. Raises MessageError for a message of no known shape.
    """
    read_message(raw)
    return Measure(count, model).message(raw)
