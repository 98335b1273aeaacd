"""Shortens one kept message: the middle of its longest text goes, its form stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracker.domain.conversation.message_pieces import is_image
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.text.units import safe_cut
from tracker.domain.counting.content_tokens import as_data
from tracker.domain.counting.measure import Count, Measure

SMALLEST_TOKENS = 60  # a clipped text keeps at least about this much
CLIPPED_KINDS = ("text", "result")
IMAGE_REMOVED = "[image removed to save space]"


def clip_text(text: str, most_tokens: int, count: Count) -> str:
    """`text` with its middle replaced by a note, in about `most_tokens` or less.

    Two thirds of what stays are its beginning. Never longer than before.
    """
    tokens = count(text)
    if tokens <= most_tokens or not text:
        return text
    room = len(text) * most_tokens // tokens
    clipped = _without_middle(text, room)
    while (took := count(clipped)) > most_tokens and room >= 8:
        room = min(room * most_tokens // took, room * 9 // 10)
        clipped = _without_middle(text, room)
    return clipped if len(clipped) < len(text) else text


def _without_middle(text: str, room: int) -> str:
    head = safe_cut(text, max(0, room - 30) * 2 // 3)
    tail = safe_cut(text, len(text) - max(0, room - 30 - head))
    return f"{text[:head]} …[{max(0, tail - head):,} characters cut]… {text[tail:]}"


def clip_message(message: Message, most_tokens: int, measure: Measure) -> Any:
    """The message's data with its texts clipped so that it takes `most_tokens`.

    Calls, thinking, images and ids are never touched, so it may stay larger.
    """
    count = measure.count
    texts = sum(count(p.text) for p in message.pieces if p.kind in CLIPPED_KINDS)
    fixed = measure.message(message.raw) - texts
    room = max(SMALLEST_TOKENS, most_tokens - fixed)

    def clip(text: str) -> str:
        share = max(SMALLEST_TOKENS // 2, room * count(text) // max(1, texts))
        return clip_text(text, share, count)

    return map_texts(as_data(message.raw), clip)


def is_clippable(message: Message) -> bool:
    """Signed thinking binds the whole message: it is then left as it is."""
    return not (message.is_pinned or message.role == "system" or message.has_thinking)


def map_texts(data: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """A copy with `change` applied to texts and tool results, nothing else."""
    copy = dict(data)
    copy["content"] = _map_content(data.get("content"), change)
    return copy


def _map_content(content: Any, change: Callable[[str], str]) -> Any:
    if isinstance(content, str):
        return change(content) if content else content
    if isinstance(content, Mapping):
        return _map_block(content, change)
    if isinstance(content, list):
        return [_map_block(as_data(block), change) for block in content]
    return content


def _map_block(block: Any, change: Callable[[str], str]) -> Any:
    if isinstance(block, str):
        return change(block)
    if not isinstance(block, Mapping):
        return block
    if isinstance(block.get("text"), str) and block["text"]:
        return {**block, "text": change(block["text"])}
    if block.get("type") == "tool_result":
        return {**block, "content": _map_content(block.get("content"), change)}
    return block


def without_images(message: Message) -> Any:
    """The message's data with every image replaced by a short note."""
    data = dict(as_data(message.raw))
    data["content"] = _without_images(data.get("content"))
    return data


def _without_images(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    blocks = []
    for block in map(as_data, content):
        if isinstance(block, Mapping) and is_image(block):
            blocks.append({"type": "text", "text": IMAGE_REMOVED})
        elif isinstance(block, Mapping) and block.get("type") == "tool_result":
            blocks.append({**block, "content": _without_images(block.get("content"))})
        else:
            blocks.append(block)
    return blocks
