"""Parts of Gemini's contents, in the spelling of REST and of the SDKs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.dialects.parts.blocks import (
    as_list,
    as_text,
    call_block,
    either,
    mapping,
    medium_block,
    opaque_block,
    result_block,
    result_text,
    text_block,
)

_ANSWERS = ("functionResponse", "function_response")


def read_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    if isinstance(part.get("text"), str):
        kind = "thinking" if part.get("thought") else "text"
        return {"type": kind, kind: part["text"]}
    if (call := either(part, "functionCall", "function_call")) is not None:
        return call_block(call.get("name"), call.get("args"), call.get("id"))
    if (answer := either(part, "functionResponse", "function_response")) is not None:
        read = [read_part(p) for p in as_list(answer.get("parts")) if mapping(p)]
        text = text_block(_said(answer.get("response")))
        return result_block(
            [text, *(p for p in read if p is not None)], answer.get("id")
        )
    if (blob := either(part, "inlineData", "inline_data")) is not None:
        mime = blob.get("mimeType") or blob.get("mime_type")
        title = blob.get("displayName") or blob.get("display_name")
        return medium_block(mime, blob.get("data"), title=title)
    if (file := either(part, "fileData", "file_data")) is not None:
        mime = file.get("mimeType") or file.get("mime_type")
        return medium_block(
            mime,
            None,
            title=file.get("displayName") or file.get("display_name"),
            uri=file.get("fileUri") or file.get("file_uri"),
        )
    names = ("executableCode", "executable_code", "codeExecutionResult",
             "code_execution_result")  # fmt: skip
    if (code := either(part, *names)) is not None:
        said = code.get("code") or code.get("output") or ""
        return opaque_block("executable_code", str(said))
    signature = part.get("thoughtSignature") or part.get("thought_signature")
    return {"type": "thinking", "signature": signature} if signature else None


def _said(response: Any) -> Any:
    """The text of an answer that is nothing else, as SDKs write it; else its data."""
    if isinstance(response, Mapping) and len(response) == 1:
        name, value = next(iter(response.items()))
        if name in ("output", "result", "content") and isinstance(value, str):
            return value
    return as_text(response)


def write_part(part: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """`part` as the changed `block` has it. What a function answered becomes text in
    its `output`, as Google's SDKs write it.
    """
    name = next((name for name in _ANSWERS if name in part), None)
    if name is None or block.get("type") != "tool_result":
        is_text = isinstance(part.get("text"), str)
        return {**(part if is_text else {}), "text": block["text"]}
    old = mapping(part[name])
    was = mapping(read_part(part))
    answer = {**old, "response": {"output": result_text(block)}}
    if as_list(was.get("content"))[:1] == as_list(block.get("content"))[:1]:
        answer["response"] = old.get("response")
    kept = [
        inner
        for inner in as_list(old.get("parts"))
        if gemini_kept(inner, as_list(block.get("content")))
    ]
    if "parts" in old:
        answer["parts"] = kept
    return {**part, name: answer}


def gemini_kept(inner: Any, blocks: list[Any]) -> bool:
    """Whether a part of an answer is still among the blocks of its result."""
    return isinstance(inner, Mapping) and read_part(inner) in blocks


def text_part(text: str) -> dict[str, Any]:
    return {"text": text}
