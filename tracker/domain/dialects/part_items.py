"""Messages that are lists of parts (Gemini, Bedrock, AI SDK), as ours and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from types import ModuleType
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.dialects import block_kinds
from tracker.domain.dialects.parts import ai_sdk, bedrock, gemini
from tracker.domain.dialects.parts.blocks import as_list, text_block

GEMINI, BEDROCK, AI_SDK = "gemini", "bedrock", "ai_sdk"
_PARTS: dict[str, ModuleType] = {GEMINI: gemini, BEDROCK: bedrock, AI_SDK: ai_sdk}
NAMES = {
    GEMINI: "Gemini contents",
    BEDROCK: "Bedrock Converse messages",
    AI_SDK: "AI SDK messages",
}
_ROLES = {"model": "assistant", "function": "user", "tool": "user"}
Block = dict[str, Any]


def parts_of(item: Mapping[str, Any]) -> list[Any]:
    """The parts of a message in their order; plain text counts as one part."""
    content = item.get("content")
    parts = as_list(item.get("parts")) or as_list(content)
    return parts or ([content] if isinstance(content, str) else [])


def read_item(dialect: str, item: Mapping[str, Any]) -> tuple[Block, str | None]:
    """The item as a message, one block for each part that is understood, and the first
    complaint. What a tool answered stands in a user's message, as in Anthropic's.
    """
    role = str(item.get("role") or "user")
    blocks, complaint = [], None
    for at, part in enumerate(parts_of(item)):
        is_part = isinstance(part, Mapping)
        block = _PARTS[dialect].read_part(part) if is_part else text_block(part)
        if block is not None:
            blocks.append(block)
        elif complaint is None:
            name = block_kinds.quoted(part.get("type") or next(iter(part), ""))
            complaint = f"part {at} of {NAMES[dialect]}, {name}, is of no known kind"
    return {"role": _ROLES.get(role, role), "content": blocks}, complaint


def group_items(
    dialect: str, items: Sequence[Any]
) -> tuple[list[dict[str, Any]], list[range]]:
    """All items as messages. Raises MessageError for a part of no known kind.

    Gemini's turn of several contents is one message: calls made at once stand in a
    content each, and their answers follow together.
    """
    messages: list[dict[str, Any]] = []
    groups: list[range] = []
    for at, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise MessageError(at, "must be an object")
        message, complaint = read_item(dialect, item)
        if complaint:
            raise MessageError(at, complaint)
        if item.get("pinned"):
            message["pinned"] = True
        is_turn = dialect == GEMINI and message["role"] == "assistant"
        if is_turn and messages and _goes_on(messages[-1], message):
            messages[-1]["content"] += message["content"]
            groups[-1] = range(groups[-1].start, at + 1)
            continue
        messages.append(message)
        groups.append(range(at, at + 1))
    if dialect == GEMINI:
        _name_calls(messages)
    return messages, groups


def _goes_on(last: Block, message: Block) -> bool:
    return last["role"] == "assistant" and bool(last.get("pinned")) == bool(
        message.get("pinned")
    )


def _name_calls(messages: Sequence[Block]) -> None:
    """Gemini's calls need no ids: an answer belongs to the first open call of its place
    or, where ids are told, to that of its id.
    """
    waiting: list[str] = []
    for number, message in enumerate(messages):
        for at, block in enumerate(message["content"]):
            if block["type"] == "tool_use":
                block.setdefault("id", f"call-{number}-{at}")
                waiting.append(block["id"])
            elif block["type"] == "tool_result":
                told = block.get("tool_use_id")
                if told not in waiting:
                    told = waiting[0] if waiting else ""
                block["tool_use_id"] = told
                if told:
                    waiting.remove(told)


def write_items(
    dialect: str, items: Sequence[Mapping[str, Any]], content: Any, *, start: str
) -> list[dict[str, Any]]:
    """The items of one message with its changed content. `start` is how a summary
    begins that has joined it as a block more.
    """
    if isinstance(content, str):
        content = [text_block(content)]
    parts = [part for item in items for part in parts_of(item)]
    blocks = list(content)
    first = last = None
    if len(blocks) > len(parts):
        is_first = str(blocks[0].get("text") or "").startswith(start)
        joined = blocks.pop(0 if is_first else -1)
        first, last = (joined, None) if is_first else (None, joined)
    changed: Iterator[Block] = iter(blocks)
    written = []
    for at, item in enumerate(items):
        now = [_written(dialect, part, next(changed)) for part in parts_of(item)]
        if first is not None and at == 0:
            now.insert(0, _PARTS[dialect].text_part(first["text"]))
        if last is not None and at == len(items) - 1:
            now.append(_PARTS[dialect].text_part(last["text"]))
        written.append(_with_parts(item, now))
    return written


def _written(dialect: str, part: Any, block: Block) -> Any:
    module = _PARTS[dialect]
    if not isinstance(part, Mapping):
        return part if part == block.get("text") else block["text"]
    was = module.read_part(part)
    for name in ("id", "tool_use_id"):  # those that Gemini's calls were given
        if was is not None and name not in was and name in block:
            was = {**was, name: block[name]}
    if was is not None and was.get("type") == block.get("type") == "tool_result":
        was = {**was, "tool_use_id": block.get("tool_use_id")}
    is_call = was is not None and was.get("type") == "tool_use"
    return part if is_call or was == block else module.write_part(part, block)


def _with_parts(item: Mapping[str, Any], parts: list[Any]) -> dict[str, Any]:
    """The text of a message of AI SDK 4 stands in `content` as well."""
    if not isinstance(item.get("parts"), list):
        is_text = isinstance(item.get("content"), str) and len(parts) == 1
        return {**item, "content": parts[0] if is_text else parts}
    changed = {**item, "parts": parts}
    if isinstance(item.get("content"), str):
        texts = [p["text"] for p in parts if p.get("type") == "text"]
        changed["content"] = "\n".join(texts)
    return changed


def summary_like(dialect: str, item: Mapping[str, Any], summary: str) -> Block:
    """A user's message with the summary, of the kind of `item`."""
    if dialect == GEMINI:
        return {"role": "user", "parts": [{"text": summary}]}
    if dialect == BEDROCK:
        return {"role": "user", "content": [{"text": summary}]}
    if not isinstance(item.get("parts"), list):
        return {"role": "user", "content": summary}
    # A UI message needs an id, always the same for the same summary.
    name = blake2b(summary.encode("utf-8", "replace"), digest_size=8).hexdigest()
    parts = [{"type": "text", "text": summary}]
    message: Block = {"id": f"earlier-{name}", "role": "user", "parts": parts}
    if isinstance(item.get("content"), str):
        message["content"] = summary
    return message
