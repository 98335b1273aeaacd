"""Reads Anthropic Messages and OpenAI Chat messages into one internal shape.

Nothing here changes a message: `raw` is always the caller's own object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.images import FLAT_DOCUMENT_TOKENS, image_tokens
from tracker.domain.reports import Parts

Count = Callable[[str], int]

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


class MessageError(ValueError):
    """A message of no known shape. `index` is its place in the list."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(f"messages[{index}]: {message}")
        self.index = index
        self.message = message


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a message.

    `kind` is text, call, result, thinking, image or other; `flat_tokens` is the cost
    of what is not text. `block` is its place in a content list, None in a string.
    """

    kind: str
    text: str = ""
    name: str = ""
    call_id: str = ""
    flat_tokens: int = 0
    block: int | None = None


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

    def tokens(self, count: Count) -> int:
        """Its size: the text as `count` says, images and files by flat cost."""
        flat = sum(piece.flat_tokens for piece in self.pieces)
        text = self.text
        return flat + (count(text) if text else 0)


def read_messages(messages: Sequence[Any]) -> tuple[Message, ...]:
    """Every message read. Raises MessageError for what has no role or no shape."""
    return tuple(read_message(raw, index) for index, raw in enumerate(messages))


def read_message(raw: Any, index: int = 0) -> Message:
    """One message: a dict, or an SDK's object that can dump itself as one."""
    data = as_data(raw)
    if not isinstance(data, Mapping):
        raise MessageError(index, "must be an object")
    role = data.get("role")
    if not isinstance(role, str) or not role:
        raise MessageError(index, "role is missing")
    pieces = _pieces(data, index)
    kind = _ROLES.get(role, "user")
    # Anthropic sends tool results in a user message.
    if kind == "user" and any(piece.kind == "result" for piece in pieces):
        kind = "tool"
    return Message(index, kind, tuple(pieces), bool(data.get("pinned")), raw)


def as_data(raw: Any) -> Any:
    """A pydantic object of an SDK as plain data; anything else as it is."""
    dump = getattr(raw, "model_dump", None)
    if dump is None:
        return raw
    return dump(mode="json", exclude_none=True, by_alias=True)


def message_text(raw: Any) -> str:
    """The readable text of one message, without images; "" if there is none."""
    return read_message(raw).text


def message_tokens(raw: Any, count: Count) -> int:
    """The size of one message in tokens, as `count` counts its text."""
    return read_message(raw).tokens(count)


def context_parts(
    messages: Sequence[Any],
    *,
    system: Any = None,
    user_context: Any = None,
    tools: Any = None,
    count: Count,
) -> Parts:
    """The whole context by part. System messages in the list belong to `system`."""
    system_tokens = history = 0
    for message in read_messages(messages):
        if message.role == "system":
            system_tokens += message.tokens(count)
        else:
            history += message.tokens(count)
    return Parts(
        system=system_tokens + data_tokens(system, count),
        history=history,
        user_context=data_tokens(user_context, count),
        tools=data_tokens(tools, count),
    )


def data_tokens(data: Any, count: Count) -> int:
    """The size of a prompt part: a string, content blocks, or JSON-like data."""
    if data is None or data == "" or data == [] or data == {}:
        return 0
    if isinstance(data, str):
        return count(data)
    blocks = [as_data(block) for block in data] if isinstance(data, list) else [data]
    if all(isinstance(block, Mapping) and "text" in block for block in blocks):
        return sum(count(str(block["text"])) for block in blocks)
    return count(compact_json(blocks if isinstance(data, list) else data))


def compact_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)


def _pieces(data: Mapping[str, Any], index: int) -> list[Piece]:
    content = data.get("content")
    is_result = data.get("role") in ("tool", "function")
    if is_result:
        call_id = str(data.get("tool_call_id") or data.get("name") or "")
        return [*_result_pieces(content, call_id, block=None)]
    pieces: list[Piece] = []
    reasoning = data.get("reasoning_content")
    if isinstance(reasoning, str) and reasoning:
        pieces.append(Piece("thinking", reasoning))
    if isinstance(content, str):
        pieces.append(Piece("text", content))
    elif isinstance(content, list):
        for at, block in enumerate(content):
            pieces.extend(_block_pieces(as_data(block), at))
    elif isinstance(content, Mapping):
        pieces.extend(_block_pieces(content, 0))
    elif content is not None:
        raise MessageError(index, "content must be a string or a list of blocks")
    if isinstance(data.get("refusal"), str):
        pieces.append(Piece("text", data["refusal"]))
    pieces.extend(_call_pieces(data))
    return pieces


def _call_pieces(data: Mapping[str, Any]) -> list[Piece]:
    """OpenAI's `tool_calls`, and the `function_call` they replaced."""
    calls = [as_data(call) for call in data.get("tool_calls") or ()]
    pieces = []
    for call in calls:
        if not isinstance(call, Mapping):
            continue
        spec = call.get("function") or call.get("custom") or {}
        text = spec.get("arguments", spec.get("input", ""))
        text = text if isinstance(text, str) else compact_json(text)
        name = str(spec.get("name") or "")
        pieces.append(Piece("call", text, name, str(call.get("id") or "")))
    old = data.get("function_call")
    if isinstance(old, Mapping):
        name = str(old.get("name") or "")
        pieces.append(Piece("call", str(old.get("arguments") or ""), name, name))
    return pieces


def _block_pieces(block: Any, at: int) -> list[Piece]:
    """A content block of either provider; an unknown one is counted as its JSON."""
    if isinstance(block, str):
        return [Piece("text", block, block=at)]
    if not isinstance(block, Mapping):
        return []
    kind = block.get("type")
    if kind in ("text", "input_text", "output_text"):
        return [Piece("text", str(block.get("text") or ""), block=at)]
    if kind in ("tool_use", "server_tool_use"):
        text = compact_json(block.get("input") or {})
        name = str(block.get("name") or "")
        # A server tool is answered inside the same message: nothing to pair.
        paired = str(block.get("id") or "") if kind == "tool_use" else ""
        return [Piece("call" if paired else "other", text, name, paired, block=at)]
    if kind == "tool_result":
        return _result_pieces(
            block.get("content"), str(block.get("tool_use_id") or ""), block=at
        )
    if kind == "thinking":
        return [Piece("thinking", str(block.get("thinking") or ""), block=at)]
    return [_flat_piece(dict(block), at)]


def _flat_piece(block: dict[str, Any], at: int | None) -> Piece:
    kind = block.get("type")
    if kind in ("image", "image_url", "input_image"):
        return Piece("image", flat_tokens=image_tokens(block), block=at)
    if kind == "redacted_thinking":
        # Encrypted: about 6 base64 characters a token of the thinking inside.
        size = len(str(block.get("data") or "")) // 6
        return Piece("thinking", flat_tokens=size, block=at)
    source = block.get("source")
    if isinstance(source, Mapping) and isinstance(source.get("data"), str):
        if source.get("type") == "text":
            return Piece("other", source["data"], block=at)
        return Piece("other", flat_tokens=FLAT_DOCUMENT_TOKENS, block=at)
    if kind in ("document", "file", "input_file", "input_audio"):
        return Piece("other", flat_tokens=FLAT_DOCUMENT_TOKENS, block=at)
    return Piece("other", compact_json(block), block=at)


def _result_pieces(content: Any, call_id: str, *, block: int | None) -> list[Piece]:
    """A tool result: one result piece with all its text, then its images."""
    if isinstance(content, str) or content is None:
        return [Piece("result", content or "", call_id=call_id, block=block)]
    inner: list[Piece] = []
    blocks = content if isinstance(content, list) else [content]
    for part in blocks:
        inner.extend(_block_pieces(as_data(part), 0))
    text = "\n".join(piece.text for piece in inner if piece.text)
    flat = sum(piece.flat_tokens for piece in inner)
    return [Piece("result", text, call_id=call_id, flat_tokens=flat, block=block)]
