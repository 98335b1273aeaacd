"""Blocks of Bedrock's Converse messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.conversation.readable_blocks import readable_text
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


def read_part(block: Mapping[str, Any]) -> dict[str, Any] | None:
    if "text" in block:
        return text_block(block["text"])
    for kind in ("image", "audio", "video", "document"):
        if isinstance(block.get(kind), Mapping):
            return _medium(kind, block[kind])
    if isinstance(block.get("toolUse"), Mapping):
        use = block["toolUse"]
        return call_block(use.get("name"), use.get("input"), use.get("toolUseId"))
    if isinstance(block.get("toolResult"), Mapping):
        result = block["toolResult"]
        content = [_inside(b) for b in as_list(result.get("content"))]
        return result_block(content, result.get("toolUseId"))
    if isinstance(block.get("reasoningContent"), Mapping):
        said = mapping(block["reasoningContent"].get("reasoningText"))
        sealed = {"signature": said["signature"]} if "signature" in said else {}
        return {"type": "thinking", "thinking": str(said.get("text") or ""), **sealed}
    return _said(block)


def _said(block: Mapping[str, Any]) -> dict[str, Any] | None:
    if isinstance(block.get("citationsContent"), Mapping):
        return _citations(block["citationsContent"])
    for kind in ("guardContent", "searchResult"):
        if kind in block:
            return opaque_block(kind, readable_text(block[kind]))
    if "json" in block:
        return text_block(as_text(block["json"]))
    return text_block("") if "cachePoint" in block else None


def _medium(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A document of text is text, with its name."""
    source = mapping(said.get("source"))
    told = {
        "title": said.get("name"),
        "uri": mapping(source.get("s3Location")).get("uri"),
    }
    if kind != "document":
        return medium_block(f"{kind}/{said.get('format')}", source.get("bytes"), **told)
    content = source.get("content")
    if isinstance(content, list):
        texts = [str(b.get("text") or "") for b in content if isinstance(b, Mapping)]
        source = {"text": "\n".join(texts)}
    if "text" not in source:
        mime = f"application/{said.get('format') or 'pdf'}"
        return medium_block(mime, source.get("bytes"), **told)
    document = {"type": "document", "source": {"type": "text", "data": source["text"]}}
    return {**document, "title": told["title"]} if told["title"] else document


def _citations(said: Mapping[str, Any]) -> dict[str, Any]:
    texts = [str(mapping(c).get("text") or "") for c in as_list(said.get("content"))]
    citations = [
        {"title": found.get("title"), "url": mapping(found.get("source")).get("url")}
        for found in map(mapping, as_list(said.get("citations")))
    ]
    return opaque_block("citations", "".join(texts), citations=citations)


def _inside(block: Any) -> dict[str, Any]:
    """A block of a tool's result. One that holds a result itself is counted as data:
    clients choose the depth, and reading them into each other would have no end.
    """
    if not isinstance(block, Mapping) or "toolResult" in block:
        return text_block(as_text(block))
    return read_part(block) or text_block(as_text(block))


def write_part(part: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """`part` as the changed `block` has it; a result's data becomes text."""
    if "toolResult" not in part or block.get("type") != "tool_result":
        return text_part(str(block["text"]))
    old = as_list(part["toolResult"].get("content"))
    content = [
        inner if _inside(inner) == now else text_part(str(now.get("text") or ""))
        for inner, now in zip(old, as_list(block.get("content")), strict=True)
    ]
    return {**part, "toolResult": {**part["toolResult"], "content": content}}


def text_part(text: str) -> dict[str, Any]:
    return {"text": text}
