"""Messages of Gemini, Bedrock, the AI SDK and LangChain, read into the shape of
Anthropic's and OpenAI's, which counting understands.

Each dialect is known by its shape. What is read here is counted; it is never sent on:
`optimize` refuses these dialects instead of answering calls without their results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.content_tokens import compact_json

GEMINI, BEDROCK, AI_SDK, LANGCHAIN = "gemini", "bedrock", "ai_sdk", "langchain"
NAMES = {
    GEMINI: "Gemini contents",
    BEDROCK: "Bedrock Converse messages",
    AI_SDK: "AI SDK messages",
    LANGCHAIN: "LangChain's dumped messages",
}
_BEDROCK_KEYS = frozenset(
    {
        "text", "image", "document", "video", "audio", "toolUse", "toolResult",
        "reasoningContent", "guardContent", "cachePoint", "citationsContent",
    }
)  # fmt: skip
_AI_SDK_TYPES = ("tool-call", "tool-result", "reasoning", "step-start", "dynamic-tool")
_LANGCHAIN_ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "AIMessageChunk": "assistant",
}
_SAYS = ("content", "parts", "tool_calls", "function_call", "reasoning_content",
         "refusal", "output", "arguments", "input", "summary", "encrypted_content",
         "type")  # fmt: skip


def dialect_of(messages: Sequence[Any]) -> str | None:
    """The first dialect that a message shows; None for Anthropic's and OpenAI's."""
    for message in messages:
        if isinstance(message, Mapping):
            found = _dialect(message)
            if found is not None:
                return found
    return None


def check_supported(messages: Sequence[Any]) -> None:
    """For `optimize`. Raises MessageError, naming the first message that it cannot
    give back in its own dialect.
    """
    for index, message in enumerate(messages):
        found = _dialect(message) if isinstance(message, Mapping) else None
        if found is not None:
            raise MessageError(
                index,
                f"is of {NAMES[found]}, which can be counted but not compressed: "
                "send Anthropic's or OpenAI's shape",
            )


def readable(messages: Sequence[Any]) -> list[Any]:
    """The messages in a shape that counting understands; known ones as they are.

    Raises MessageError for a message that says nothing: counted as it is, it would
    come to next to nothing, and the budget with it.
    """
    return [_readable(message, index) for index, message in enumerate(messages)]


def _dialect(message: Mapping[str, Any]) -> str | None:
    if _langchain(message) is not None:
        return LANGCHAIN
    parts = message.get("parts")
    if isinstance(parts, list) and "content" not in message:
        typed = any(isinstance(p, Mapping) and "type" in p for p in parts)
        return AI_SDK if typed else GEMINI
    content = message.get("content")
    if not isinstance(content, list):
        return None
    for block in content:
        if not isinstance(block, Mapping):
            continue
        if "type" not in block and not _BEDROCK_KEYS.isdisjoint(block):
            return BEDROCK
        if str(block.get("type")) in _AI_SDK_TYPES:
            return AI_SDK
    return None


def _readable(message: Any, index: int) -> Any:
    if not isinstance(message, Mapping):
        return message  # an SDK's object dumps itself when it is counted
    found = _dialect(message)
    if found is None:
        if not any(message.get(name) is not None for name in _SAYS):
            raise MessageError(index, "says nothing that is understood: no content")
        return message
    if found == LANGCHAIN:
        return _of_langchain(message)
    role = {"model": "assistant"}.get(str(message.get("role")), message.get("role"))
    blocks = _list(message.get("content")) or _list(message.get("parts"))
    read = {GEMINI: _gemini_part, BEDROCK: _bedrock_block, AI_SDK: _ai_sdk_part}[found]
    content = []
    for at, block in enumerate(blocks):
        known = read(block) if isinstance(block, Mapping) else _text(block)
        if known is None:
            raise MessageError(
                index, f"part {at} of {NAMES[found]} is of no known kind"
            )
        content.append(known)
    return {"role": role or "user", "content": content}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> dict[str, Any]:
    return {"type": "text", "text": value if isinstance(value, str) else str(value)}


def _call(name: Any, arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": str(name or ""), "input": arguments or {}}


def _result(content: Any) -> dict[str, Any]:
    return {"type": "tool_result", "content": content}


def _medium(mime: Any, data: Any) -> dict[str, Any]:
    """Counted by its kind and size (domain/counting/media_tokens.py)."""
    return {"type": "media", "mime_type": str(mime or ""), "data": data}


def _gemini_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    if "text" in part:
        kind = "thinking" if part.get("thought") else "text"
        return {"type": kind, kind: part["text"]}
    for call in ("functionCall", "function_call"):
        if isinstance(part.get(call), Mapping):
            return _call(part[call].get("name"), part[call].get("args"))
    for answer in ("functionResponse", "function_response"):
        if isinstance(part.get(answer), Mapping):
            return _result(_as_text(part[answer].get("response")))
    for blob in ("inlineData", "inline_data", "fileData", "file_data"):
        found = part.get(blob)
        if isinstance(found, Mapping):
            mime = found.get("mimeType") or found.get("mime_type")
            return _medium(mime, found.get("data"))
    code = part.get("executableCode") or part.get("codeExecutionResult")
    return _text(_as_text(code)) if code is not None else None


def _bedrock_block(block: Mapping[str, Any]) -> dict[str, Any] | None:
    if "text" in block:
        return _text(block["text"])
    for kind, family in (("image", "image"), ("audio", "audio"), ("video", "video")):
        if isinstance(block.get(kind), Mapping):
            source = _mapping(block[kind].get("source"))
            return _medium(f"{family}/{block[kind].get('format')}", source.get("bytes"))
    if isinstance(block.get("document"), Mapping):
        source = _mapping(block["document"].get("source"))
        if "text" in source:
            return _text(source["text"])
        return _medium("application/pdf", source.get("bytes"))
    if isinstance(block.get("toolUse"), Mapping):
        return _call(block["toolUse"].get("name"), block["toolUse"].get("input"))
    if isinstance(block.get("toolResult"), Mapping):
        return _result([_inside(b) for b in _list(block["toolResult"].get("content"))])
    for kind in ("reasoningContent", "guardContent", "citationsContent", "json"):
        if kind in block:
            return _text(_as_text(block[kind]))
    return _text("") if "cachePoint" in block else None


def _inside(block: Any) -> dict[str, Any]:
    """A block of a tool's result. One that holds a result itself is counted as data:
    clients choose the depth, and reading them into each other would have no end.
    """
    if not isinstance(block, Mapping) or "toolResult" in block:
        return _text(_as_text(block))
    return _bedrock_block(block) or _text(_as_text(block))


def _ai_sdk_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = str(part.get("type"))
    if kind in ("text", "reasoning"):
        return _text(part.get("text") or "")
    if kind == "tool-call":
        return _call(part.get("toolName"), part.get("input", part.get("args")))
    if kind == "tool-result":
        return _result(_as_text(part.get("output", part.get("result"))))
    if kind == "image":
        return _medium(part.get("mediaType") or "image/*", part.get("image"))
    if kind == "file":
        mime = part.get("mediaType") or part.get("mimeType")
        return _medium(mime, part.get("data") or part.get("url"))
    if kind.startswith("tool-") or kind == "dynamic-tool":  # of a UI message: both
        said = {"input": part.get("input"), "output": part.get("output")}
        return _call(part.get("toolName") or kind.removeprefix("tool-"), said)
    if kind == "step-start" or kind.startswith(("source", "data-")):
        return _text(_as_text(part.get("data")) if "data" in part else "")
    return None


def _langchain(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What LangChain dumps: dumpd(), messages_to_dict() or model_dump()."""
    if message.get("lc") == 1 and isinstance(message.get("kwargs"), Mapping):
        kwargs: Mapping[str, Any] = message["kwargs"]
        name = str([*_list(message.get("id")), ""][-2:][0])
        role = name.removesuffix("Message").removesuffix("MessageChunk").lower()
        return {"type": role, **kwargs}
    kind = message.get("type")
    if "role" in message or str(kind) not in _LANGCHAIN_ROLES:
        return None
    data = message.get("data")
    if isinstance(data, Mapping) and "content" in data:
        return {**data, "type": kind}
    return message if "content" in message else None


def _of_langchain(message: Mapping[str, Any]) -> dict[str, Any]:
    data = _langchain(message) or {}
    role = _LANGCHAIN_ROLES.get(str(data.get("type")), "user")
    content = data.get("content")
    calls = [c for c in _list(data.get("tool_calls")) if isinstance(c, Mapping)]
    blocks = content if isinstance(content, list) else [_text(content or "")]
    # Anthropic's blocks hold the calls already.
    if not any(isinstance(b, Mapping) and b.get("type") == "tool_use" for b in blocks):
        blocks = [*blocks, *(_call(c.get("name"), c.get("args")) for c in calls)]
    return {"role": role, "content": blocks}


def _as_text(value: Any) -> Any:
    """Text, or the data whose leaves are counted."""
    if isinstance(value, Mapping) and isinstance(value.get("value"), str):
        return str(value["value"])
    if value is None or isinstance(value, str):
        return value or ""
    return compact_json(value)
