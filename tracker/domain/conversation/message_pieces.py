"""The content of a message, of either provider, as pieces of one kind each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.named_media import cited, described, family_of
from tracker.domain.conversation.readable_blocks import readable_text
from tracker.domain.conversation.text.text_repair import repair_text
from tracker.domain.counting.content_tokens import as_data, compact_json, reasoning_of

IMAGE_TYPES = ("image", "image_url", "input_image")
FILE_TYPES = (
    "document", "file", "input_file", "input_audio", "container_upload", "media",
    "audio", "audio_url", "video", "video_url", "document_url", "resource_link",
    "image_file",
)  # fmt: skip
# Their names tell of something that no text can stand for.
NAMING = ("image", "file", "cited")


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

    `kind` is text, call, result, thinking, image, file, cited or other; `images` counts
    those in it. `name` is a call's; of an image or a file (also in a result) what it
    is, as in `document report.pdf, application/pdf`, of cited what the text before it
    cites. `block` is its place in a content list, None in a string.
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
    reasoning = reasoning_of(data)
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
    pieces.extend(_beside_content(data))
    pieces.extend(_call_pieces(data))
    return pieces


def _beside_content(data: Mapping[str, Any]) -> list[Piece]:
    """What OpenAI's messages say outside of their content."""
    pieces = []
    if isinstance(data.get("refusal"), str):
        pieces.append(Piece("text", data["refusal"]))
    audio = data.get("audio")
    if isinstance(audio, Mapping):
        # What the model has said aloud: its words are in the transcript alone.
        said = str(audio.get("transcript") or "")
        pieces.append(Piece("file", said, f"audio {audio.get('id') or ''}".strip()))
    if name := cited(data):
        pieces.append(Piece("cited", name=name))
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
        said = Piece("text", str(block.get("text") or ""), block=at)
        name = cited(block)
        return [said, Piece("cited", name=name, block=at)] if name else [said]
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        text = compact_json(block.get("input") or {})
        name = str(block.get("name") or "")
        # A server tool is answered inside the same message: nothing to pair.
        paired = str(block.get("id") or "") if kind == "tool_use" else ""
        return [Piece("call" if paired else "other", text, name, paired, block=at)]
    if kind == "tool_done":
        text, name = (
            compact_json(block.get("input") or {}),
            str(block.get("name") or ""),
        )
        given = str(block.get("text") or "")
        return [Piece("other", text, name, block=at), Piece("text", given, block=at)]
    if kind == "tool_result":
        return _result_pieces(
            block.get("content"), str(block.get("tool_use_id") or ""), block=at
        )
    if kind == "thinking":
        return [Piece("thinking", str(block.get("thinking") or ""), block=at)]
    return [_other_piece(block, at)]


def _other_piece(block: Mapping[str, Any], at: int) -> Piece:
    kind = block.get("type")
    if is_image(block):
        return Piece("image", name=described(block), images=1, block=at)
    if kind == "redacted_thinking":
        return Piece("thinking", block=at)
    if kind in FILE_TYPES:
        return Piece("file", _document_text(block), described(block), block=at)
    return Piece("other", readable_text(block), block=at)


def is_image(block: Mapping[str, Any]) -> bool:
    """Also of the blocks that say so by their media type alone."""
    return block.get("type") in IMAGE_TYPES or family_of(block) == "image"


def _document_text(block: Mapping[str, Any]) -> str:
    """What a document of text says, and what was said about a document."""
    source = block.get("source")
    said = [str(block.get("context") or "")]
    if isinstance(source, Mapping) and source.get("type") == "text":
        said.append(str(source.get("data") or ""))
    elif isinstance(source, Mapping) and source.get("type") == "content":
        said.append(readable_text(source.get("content")))
    return "\n".join(text for text in said if text)


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
    named = [piece.name for piece in inner if piece.kind in NAMING and piece.name]
    return [Piece("result", text, "; ".join(named), call_id, images, block)]
