"""The content of a message, of either provider, as pieces of one kind each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.named_media import described
from tracker.domain.conversation.text_repair import repair_text
from tracker.domain.counting.content_tokens import as_data, compact_json

IMAGE_TYPES = ("image", "image_url", "input_image")
FILE_TYPES = ("document", "file", "input_file", "input_audio", "container_upload")


class MessageError(ValueError):
    """A message of no known shape. `index` is its place in the list."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(f"messages[{index}]: {message}")
        self.index = index
        self.message = message

    def __reduce__(self) -> tuple[type[MessageError], tuple[int, str]]:
        """So that a worker process can raise it to its caller."""
        return type(self), (self.index, self.message)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a message.

    `kind` is text, call, result, thinking, image, file or other; `images` counts those
    in it. `name` is a call's; of an image or a file (also in a result) what it is, as
    in `document report.pdf, application/pdf`. `block` is its place in a content list,
    None in a string.
    """

    kind: str
    text: str = ""
    name: str = ""
    call_id: str = ""
    images: int = 0
    block: int | None = None


def read_pieces(data: Mapping[str, Any], index: int) -> list[Piece]:
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
        text = _readable(text) if isinstance(text, str) else compact_json(text)
        name = str(spec.get("name") or "")
        pieces.append(Piece("call", text, name, str(call.get("id") or "")))
    old = data.get("function_call")
    if isinstance(old, Mapping):
        name = str(old.get("name") or "")
        pieces.append(Piece("call", str(old.get("arguments") or ""), name, name))
    return pieces


def _readable(arguments: str) -> str:
    """JSON arguments with `\\u00e9` written as é; anything else as it is."""
    if "\\u" not in arguments:
        return arguments
    try:
        return repair_text(compact_json(json.loads(arguments)))
    except (ValueError, RecursionError):
        return arguments


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
    return [_other_piece(block, at)]


def _other_piece(block: Mapping[str, Any], at: int) -> Piece:
    kind = block.get("type")
    if kind in IMAGE_TYPES:
        return Piece("image", name=described(block), images=1, block=at)
    if kind == "redacted_thinking":
        return Piece("thinking", block=at)
    source = block.get("source")
    if isinstance(source, Mapping) and source.get("type") == "text":
        return Piece("file", str(source.get("data") or ""), described(block), block=at)
    if kind in FILE_TYPES:
        return Piece("file", name=described(block), block=at)
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
    images = sum(piece.images for piece in inner)
    named = [piece.name for piece in inner if piece.kind in ("image", "file")]
    return [Piece("result", text, "; ".join(named), call_id, images, block)]
