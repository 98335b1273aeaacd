"""Which dialect messages are written in, known by their shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.domain.dialects import block_kinds
from tracker.domain.dialects.langchain import dumped

ANTHROPIC, OPENAI_CHAT = "anthropic", "openai_chat"
OPENAI_RESPONSES = "openai_responses"
GEMINI, BEDROCK, AI_SDK, LANGCHAIN = "gemini", "bedrock", "ai_sdk", "langchain"
DIALECTS = (
    ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI, BEDROCK, AI_SDK, LANGCHAIN,
)  # fmt: skip
_BEDROCK_KEYS = frozenset(
    {
        "text", "image", "document", "video", "audio", "toolUse", "toolResult",
        "reasoningContent", "guardContent", "cachePoint", "citationsContent",
        "searchResult",
    }
)  # fmt: skip
_AI_SDK_TYPES = ("tool-call", "tool-result", "reasoning", "step-start", "dynamic-tool")
_OPENAI_ROLES = ("developer", "tool", "function")
_OPENAI_FIELDS = (
    "tool_calls", "function_call", "reasoning_content", "reasoning", "audio",
)  # fmt: skip


def dialect_of(messages: Sequence[Any]) -> str | None:
    """One of DIALECTS, by the first message whose shape differs between dialects. Plain
    text with a role is the same in Anthropic's and OpenAI's: if nothing else is there,
    the answer is "openai_chat". None without messages.
    """
    found = None
    for message in messages:
        if not isinstance(message, dict | Mapping):
            continue
        foreign = None if is_plain(message) else foreign_dialect(message)
        dialect = foreign or native_dialect(message)
        if dialect is not None:
            return dialect
        found = OPENAI_CHAT
    return found


def is_plain(message: Mapping[str, Any]) -> bool:
    """A role and a text: half of most conversations, which need no closer look."""
    return (
        len(message) == 2
        and isinstance(message.get("content"), str)
        and "role" in message
    )


def foreign_dialect(message: Mapping[str, Any]) -> str | None:
    """Gemini, Bedrock, AI SDK or LangChain; None for Anthropic's and OpenAI's."""
    if dumped(message) is not None:
        return LANGCHAIN
    parts, content = message.get("parts"), message.get("content")
    if isinstance(parts, list):
        # UI messages of AI SDK 4 repeat their text in `content`.
        typed = any(isinstance(p, Mapping) and "type" in p for p in parts)
        if typed and not isinstance(content, list):
            return AI_SDK
        if "content" not in message:
            return GEMINI
    if not isinstance(content, list):
        return None
    for block in content:
        if not isinstance(block, dict | Mapping):
            continue
        if "type" not in block and not _BEDROCK_KEYS.isdisjoint(block):
            return BEDROCK
        if str(block.get("type")) in _AI_SDK_TYPES:
            return AI_SDK
    return None


def native_dialect(message: Mapping[str, Any]) -> str | None:
    """Anthropic, OpenAI Chat or Responses; None if the message fits all three."""
    if is_plain(message):
        return OPENAI_CHAT if message["role"] in _OPENAI_ROLES else None
    if "role" not in message and str(message.get("type")) in block_kinds.ITEMS:
        return OPENAI_RESPONSES
    content = message.get("content")
    for block in content if isinstance(content, list) else ():
        if not isinstance(block, dict | Mapping):
            continue
        kind = str(block.get("type"))
        if kind in block_kinds.ANTHROPIC or (kind == "image" and "source" in block):
            return ANTHROPIC
        if kind in block_kinds.OPENAI_RESPONSES:
            return OPENAI_RESPONSES
        if kind in block_kinds.OPENAI_CHAT:
            return OPENAI_CHAT
    is_openai = message.get("role") in _OPENAI_ROLES or any(
        message.get(field) is not None for field in _OPENAI_FIELDS
    )
    return OPENAI_CHAT if is_openai else None
