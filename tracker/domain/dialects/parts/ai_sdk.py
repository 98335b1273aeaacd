"""Parts of the Vercel AI SDK's messages: model messages and UI messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.dialects.parts.blocks import (
    as_list,
    as_text,
    call_block,
    mapping,
    medium_block,
    opaque_block,
    result_block,
    text_block,
)


def read_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = str(part.get("type"))
    if kind == "text":
        return text_block(part.get("text") or "")
    if kind == "reasoning":
        return {"type": "thinking", "thinking": str(part.get("text") or "")}
    if kind == "tool-call":
        arguments = part.get("input", part.get("args"))
        if part.get("providerExecuted"):  # answered in the same message
            return call_block(part.get("toolName"), arguments)
        return call_block(part.get("toolName"), arguments, part.get("toolCallId"))
    if kind == "tool-result":
        return result_block(_output(part), part.get("toolCallId"))
    if kind in ("image", "file"):
        return _file(kind, part)
    return _of_ui_message(kind, part)


def _of_ui_message(kind: str, part: Mapping[str, Any]) -> dict[str, Any] | None:
    """A tool's part holds its call and its output."""
    if kind == "tool-invocation":  # of version 4
        told = mapping(part.get("toolInvocation"))
        return _done(told.get("toolName"), told.get("args"), told.get("result"))
    if kind.startswith(("tool-approval", "step-start", "data-")):
        return opaque_block(kind, part.get("data"))
    if kind.startswith("source"):
        cited = {"title": part.get("title"), "url": part.get("url")}
        if "source" in part:  # of version 4
            cited = dict(mapping(part["source"]))
        return {"type": "text", "text": "", "citations": [cited]}
    if kind.startswith("tool-") or kind == "dynamic-tool":  # of a UI message: both
        name = part.get("toolName") or kind.removeprefix("tool-")
        return _done(name, part.get("input"), part.get("output", part.get("errorText")))
    return None


def _done(name: Any, arguments: Any, output: Any) -> dict[str, Any]:
    """A call together with its result; no message answers it."""
    call = {"type": "tool_done", "name": str(name or ""), "input": arguments or {}}
    return {**call, "text": as_text(output)}


def _output(part: Mapping[str, Any]) -> Any:
    output = part.get("output", part.get("result"))
    if not isinstance(output, Mapping) or "value" not in output:
        return as_text(output)
    if isinstance(output["value"], list) and output.get("type") == "content":
        return [_value(value) for value in output["value"]]
    return as_text(output["value"])


def _file(kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
    mime = part.get("mediaType") or part.get("mimeType")
    data = part.get("data") or part.get("image") or part.get("url")
    is_address = isinstance(data, str) and data.startswith(("http:", "https:"))
    return medium_block(
        mime or ("image/*" if kind == "image" else ""),
        data,
        title=part.get("filename"),
        url=data if is_address else None,
    )


def _value(value: Any) -> dict[str, Any]:
    """One of a tool's results: text, a picture, a file; else data."""
    kind = str(mapping(value).get("type"))
    if kind == "text":
        return text_block(value.get("text") or "")
    if kind == "media" or kind.endswith("-data"):
        mime = value.get("mediaType") or ("image/*" if "image" in kind else "")
        return medium_block(mime, value.get("data"))
    return text_block(as_text(value))


def write_part(part: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """`part` as the changed `block` has it; a result's data becomes text."""
    if block.get("type") == "tool_done":
        if "toolInvocation" in part:
            done = {**part["toolInvocation"], "result": block["text"]}
            return {**part, "toolInvocation": done}
        name = "output" if "output" in part else "errorText"
        return {**part, name: block["text"]}
    if block.get("type") != "tool_result":
        is_text = part.get("type") == "text"
        return {**(part if is_text else {"type": "text"}), "text": block["text"]}
    content = block.get("content")
    if "output" not in part:  # of version 4
        return {**part, "result": content}
    output = part["output"]
    if isinstance(content, list):
        values = [
            old if _value(old) == now else text_part(str(now.get("text") or ""))
            for old, now in zip(as_list(output.get("value")), content, strict=True)
        ]
        return {**part, "output": {**output, "value": values}}
    is_error = str(mapping(output).get("type")).startswith("error")
    kind = "error-text" if is_error else "text"
    return {**part, "output": {"type": kind, "value": content}}


def text_part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
