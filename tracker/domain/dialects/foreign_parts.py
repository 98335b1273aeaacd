"""Parts of Gemini's, Bedrock's, the AI SDK's and LangChain's messages as blocks of
the shapes that counting understands. What is read here is counted, never sent on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.counting.content_tokens import compact_json

LANGCHAIN_ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "AIMessageChunk": "assistant",
}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_block(value: Any) -> dict[str, Any]:
    return {"type": "text", "text": value if isinstance(value, str) else str(value)}


def _call(name: Any, arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": str(name or ""), "input": arguments or {}}


def _result(content: Any) -> dict[str, Any]:
    return {"type": "tool_result", "content": content}


def _medium(mime: Any, data: Any) -> dict[str, Any]:
    """Counted by its kind and size (domain/counting/media_tokens.py)."""
    return {"type": "media", "mime_type": str(mime or ""), "data": data}


def gemini_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    if "text" in part:
        kind = "thinking" if part.get("thought") else "text"
        return {"type": kind, kind: part["text"]}
    for call in ("functionCall", "function_call"):
        if isinstance(part.get(call), Mapping):
            return _call(part[call].get("name"), part[call].get("args"))
    for answer in ("functionResponse", "function_response"):
        if isinstance(part.get(answer), Mapping):
            parts = [gemini_part(p) for p in as_list(part[answer].get("parts")) if p]
            text = text_block(_as_text(part[answer].get("response")))
            return _result([text, *(p for p in parts if p is not None)])
    for blob in ("inlineData", "inline_data", "fileData", "file_data"):
        found = part.get(blob)
        if isinstance(found, Mapping):
            mime = found.get("mimeType") or found.get("mime_type")
            return _medium(mime, found.get("data"))
    code = part.get("executableCode") or part.get("codeExecutionResult")
    if code is not None:
        return text_block(_as_text(code))
    signature = part.get("thoughtSignature") or part.get("thought_signature")
    return {"type": "thinking", "signature": signature} if signature else None


def bedrock_block(block: Mapping[str, Any]) -> dict[str, Any] | None:
    if "text" in block:
        return text_block(block["text"])
    for kind, family in (("image", "image"), ("audio", "audio"), ("video", "video")):
        if isinstance(block.get(kind), Mapping):
            source = _mapping(block[kind].get("source"))
            return _medium(f"{family}/{block[kind].get('format')}", source.get("bytes"))
    if isinstance(block.get("document"), Mapping):
        source = _mapping(block["document"].get("source"))
        if "text" in source:
            return text_block(source["text"])
        return _medium("application/pdf", source.get("bytes"))
    if isinstance(block.get("toolUse"), Mapping):
        return _call(block["toolUse"].get("name"), block["toolUse"].get("input"))
    if isinstance(block.get("toolResult"), Mapping):
        return _result(
            [_inside(b) for b in as_list(block["toolResult"].get("content"))]
        )
    for kind in (
        "reasoningContent",
        "guardContent",
        "citationsContent",
        "searchResult",
        "json",
    ):
        if kind in block:
            return text_block(_as_text(block[kind]))
    return text_block("") if "cachePoint" in block else None


def _inside(block: Any) -> dict[str, Any]:
    """A block of a tool's result. One that holds a result itself is counted as data:
    clients choose the depth, and reading them into each other would have no end.
    """
    if not isinstance(block, Mapping) or "toolResult" in block:
        return text_block(_as_text(block))
    return bedrock_block(block) or text_block(_as_text(block))


def ai_sdk_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = str(part.get("type"))
    if kind in ("text", "reasoning"):
        return text_block(part.get("text") or "")
    if kind == "tool-call":
        return _call(part.get("toolName"), part.get("input", part.get("args")))
    if kind == "tool-result":
        output = part.get("output", part.get("result"))
        values = _mapping(output).get("value")
        if isinstance(values, list):
            return _result([_ai_sdk_value(value) for value in values])
        return _result(_as_text(output))
    if kind == "image":
        return _medium(part.get("mediaType") or "image/*", part.get("image"))
    if kind == "tool-invocation":  # of a UI message of version 4: both
        told = _mapping(part.get("toolInvocation"))
        said = {"input": told.get("args"), "output": told.get("result")}
        return _call(told.get("toolName"), said)
    if kind == "file":
        mime = part.get("mediaType") or part.get("mimeType")
        return _medium(mime, part.get("data") or part.get("url"))
    if kind.startswith("tool-") or kind == "dynamic-tool":  # of a UI message: both
        said = {"input": part.get("input"), "output": part.get("output")}
        return _call(part.get("toolName") or kind.removeprefix("tool-"), said)
    if kind == "step-start" or kind.startswith(("source", "data-")):
        return text_block(_as_text(part.get("data")) if "data" in part else "")
    return None


def _ai_sdk_value(value: Any) -> dict[str, Any]:
    """One of a tool's results: text, a picture, a file; else data."""
    kind = str(_mapping(value).get("type"))
    if kind == "text":
        return text_block(value.get("text") or "")
    if kind == "media" or kind.endswith("-data"):
        mime = value.get("mediaType") or ("image/*" if "image" in kind else "")
        return _medium(mime, value.get("data"))
    return text_block(_as_text(value))


def langchain_dump(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What LangChain dumps: dumpd(), messages_to_dict() or model_dump()."""
    if message.get("lc") == 1 and isinstance(message.get("kwargs"), Mapping):
        kwargs: Mapping[str, Any] = message["kwargs"]
        name = str([*as_list(message.get("id")), ""][-2:][0])
        role = name.removesuffix("Message").removesuffix("MessageChunk").lower()
        return {"type": role, **kwargs}
    kind = message.get("type")
    if "role" in message or str(kind) not in LANGCHAIN_ROLES:
        return None
    data = message.get("data")
    if isinstance(data, Mapping) and "content" in data:
        return {**data, "type": kind}
    return message if "content" in message else None


def of_langchain(message: Mapping[str, Any]) -> dict[str, Any]:
    data = langchain_dump(message) or {}
    role = LANGCHAIN_ROLES.get(str(data.get("type")), "user")
    content = data.get("content")
    calls = [c for c in as_list(data.get("tool_calls")) if isinstance(c, Mapping)]
    blocks = content if isinstance(content, list) else [text_block(content or "")]
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
