"""The lines of a Claude Code transcript, as far as this product reads them.

Everything may be absent: versions 1.0 to 2.1 differ, and other line types share the
file. Fields that are not named here are skipped without being built.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.counting.content_tokens import content_tokens as tokens_of
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Measure


class Message(msgspec.Struct):
    """A message as the Messages API has it. `usage` is judged where it is used."""

    id: str | None = None
    role: str | None = None
    model: str | None = None
    content: Any = None
    usage: Any = None


class AgentLine(msgspec.Struct, rename="camel"):
    """A sub-agent's own line, inside its parent's progress line."""

    type: str | None = None
    uuid: str | None = None
    request_id: str | None = None
    timestamp: datetime | None = None
    message: Message | None = None


class Progress(msgspec.Struct, rename="camel"):
    agent_id: str | None = None
    message: AgentLine | None = None
    hook_name: str | None = None


class Preserved(msgspec.Struct, rename="camel"):
    """Which messages outlived a compaction: by name, or from head to tail."""

    uuids: list[str] | None = None
    head_uuid: str | None = None
    tail_uuid: str | None = None


class ForkedFrom(msgspec.Struct, rename="camel"):
    """The session a copied line was first written in (`/branch`)."""

    session_id: str | None = None


class RequestParameters(msgspec.Struct):
    model: str | None = None
    betas: list[str] | None = None


class CompactMetadata(msgspec.Struct, rename="camel"):
    trigger: str | None = None
    pre_tokens: int | None = None
    post_tokens: int | None = None
    tokens_saved: int | None = None
    duration_ms: int | None = None
    cumulative_dropped_tokens: int | None = None
    compacted_tool_ids: list[str] | None = None
    preserved_messages: Preserved | None = None
    preserved_segment: Preserved | None = None


class Line(msgspec.Struct, rename="camel"):
    type: str | None = None
    subtype: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    parent_uuid: str | None = None
    timestamp: datetime | None = None
    request_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    version: str | None = None
    cwd: Any = None
    git_branch: Any = None
    # A copy of a line of another session: the one that asked.
    request_session_id: str | None = None
    forked_from: ForkedFrom | None = None
    logical_parent_uuid: str | None = None
    # An `api-request` line, and the answer that refers to it.
    id: str | None = None
    params: RequestParameters | None = None
    query_source: str | None = None
    request_ref: str | None = None
    message: Message | None = None
    data: Progress | None = None
    parent_tool_use_id: str | None = msgspec.field(default=None, name="parentToolUseID")
    attachment: Any = None
    rendered: Any = None  # an attachment as the model sees it
    compact_metadata: CompactMetadata | None = None
    microcompact_metadata: CompactMetadata | None = None
    summary: str | None = None
    custom_title: str | None = None
    ai_title: str | None = None


_OVERHEADS = Measure(estimate_tokens).overheads
_FRAME = _OVERHEADS.message
_SHAPES = (str, list, dict)
DECODER = msgspec.json.Decoder(Line)
SNAPSHOT = "prompt_snapshot"  # an attachment: the system prompt and the tools
# What a hook is told when a person empties the window and goes on in the same file.
CLEARED = "SessionStart:clear"
# Notes of the client with a model's name, made without a request.
SYNTHETIC_MODEL = "<synthetic>"
_BINARY_FIELDS = ("data", "base64", "signature")


def said_by(line: Line) -> Message | None:
    """The message a line of the conversation adds to the window; None if none.

    A prompt typed while the model was at work stands in an attachment.
    """
    if line.type in ("user", "assistant"):
        message = line.message
        if message is None or message.model == SYNTHETIC_MODEL:
            return None
        return message
    attachment = line.attachment
    if line.type != "attachment" or not isinstance(attachment, dict):
        return None
    if attachment.get("type") != "queued_command":
        return None
    return Message(role="user", content=attachment.get("prompt"))


def text_of(content: Any) -> str:
    """The readable text of a message's content, without tool calls and results."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    texts = (block.get("text") for block in blocks if isinstance(block, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def content_tokens(content: Any) -> int:
    """The estimated size of a message's content; 0 for what has no known shape."""
    if not isinstance(content, _SHAPES):
        return 0
    return _FRAME + tokens_of(content, estimate_tokens, _OVERHEADS)


def attached_tokens(attachment: Any) -> int:
    """The estimated size of what the client attached: its texts, no binary data."""
    texts = []
    waiting = [attachment]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(
                item for key, item in value.items() if key not in _BINARY_FIELDS
            )
    return estimate_tokens("\n".join(texts))


def snapshot_tokens(attachment: dict[str, Any]) -> tuple[int, int]:
    """The estimated sizes of a snapshot's system prompt and of its tools."""
    tools = attachment.get("tools")
    text = msgspec.json.encode(tools).decode() if isinstance(tools, list) else ""
    return attached_tokens(attachment.get("systemPrompt")), estimate_tokens(text)


def origin_of(line: Line) -> str:
    """The session a copied line comes from; "" for a line of its own session."""
    forked = line.forked_from.session_id if line.forked_from else None
    origin = line.request_session_id or forked or ""
    return "" if origin == line.session_id else origin


def shown_content(content: Any) -> Any:
    """Content for a person's eyes: without signatures and images' data."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    return [_shown_block(block) for block in content]


def _shown_block(block: Any) -> Any:
    if not isinstance(block, dict):
        return {"type": "text", "text": str(block)}
    shown = {key: value for key, value in block.items() if key != "signature"}
    source = shown.get("source")
    if isinstance(source, dict) and "data" in source:
        shown["source"] = {key: source[key] for key in source if key != "data"}
    if isinstance(shown.get("content"), list):
        shown["content"] = [_shown_block(part) for part in shown["content"]]
    return shown
