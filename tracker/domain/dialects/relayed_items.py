"""Requests of OpenAI Responses and Gemini as messages that compression understands.

Several items may become one message: a model's reasoning, text and calls of one turn
stand or fall together, because the provider refuses one without the others. What
happens to the messages is then done to the items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.counting.content_tokens import compact_json

RESPONSES, GEMINI = "responses", "gemini"
_CALLS = ("function_call", "custom_tool_call", "local_shell_call", "shell_call")
_TURN = (
    *_CALLS, "reasoning", "web_search_call", "file_search_call", "computer_call",
    "code_interpreter_call", "image_generation_call", "mcp_call", "mcp_list_tools",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grouped:
    """`messages[n]` stands for the items at the places `groups[n]`."""

    messages: list[dict[str, Any]]
    groups: list[range]


def as_messages(shape: str, items: Sequence[Any]) -> Grouped:
    """Every item is in one group, in order. Anthropic's and OpenAI's chat messages are
    messages already, each its own group.
    """
    if shape == RESPONSES:
        return _responses(items)
    if shape == GEMINI:
        return Grouped(_gemini(items), [range(n, n + 1) for n in range(len(items))])
    return Grouped(list(items), [range(n, n + 1) for n in range(len(items))])


def summary_item(shape: str, summary: str) -> dict[str, Any]:
    """A summary that stands alone."""
    if shape == RESPONSES:
        content = [{"type": "input_text", "text": summary}]
        return {"type": "message", "role": "user", "content": content}
    if shape == GEMINI:
        return {"role": "user", "parts": [{"text": summary}]}
    return {"role": "user", "content": summary}


def changed_items(shape: str, items: Sequence[Any], message: Any) -> list[Any] | None:
    """The items with what compression shortened in their message. None where this
    cannot be said in their own words: they are sent as they are then.
    """
    if shape not in (RESPONSES, GEMINI):
        return [message]
    if len(items) != 1 or not isinstance(items[0], Mapping):
        return None
    item, content = items[0], message.get("content")
    if shape == GEMINI:
        return _gemini_changed(item, content)
    if str(item.get("type", "")).endswith("_output"):
        return [{**item, "output": content}] if isinstance(content, str) else None
    return [{**item, "content": content}] if item.get("role") == "user" else None


def _responses(items: Sequence[Any]) -> Grouped:
    messages: list[dict[str, Any]] = []
    groups: list[range] = []
    for at, item in enumerate(items):
        known = item if isinstance(item, Mapping) else {"content": str(item)}
        if _is_of_turn(known):
            if groups and groups[-1].stop == at and _is_turn(messages[-1]):
                groups[-1] = range(groups[-1].start, at + 1)
            else:
                messages.append({"role": "assistant", "content": []})
                groups.append(range(at, at + 1))
            _add_to_turn(messages[-1], known)
            continue
        messages.append(_responses_message(known))
        groups.append(range(at, at + 1))
    return Grouped(messages, groups)


def _is_of_turn(item: Mapping[str, Any]) -> bool:
    return item.get("type") in _TURN or item.get("role") == "assistant"


def _is_turn(message: Mapping[str, Any]) -> bool:
    return message["role"] == "assistant" and not message.get("pinned")


def _add_to_turn(message: dict[str, Any], item: Mapping[str, Any]) -> None:
    kind = item.get("type")
    if kind in _CALLS:
        arguments = item.get("arguments", item.get("input", item.get("action")))
        text = arguments if isinstance(arguments, str) else compact_json(arguments)
        spec = {"name": str(item.get("name") or kind), "arguments": text}
        call = {"id": str(item.get("call_id") or ""), "type": "function"}
        message.setdefault("tool_calls", []).append({**call, "function": spec})
    elif kind == "reasoning":
        # `encrypted_content` is no text; it takes about its size in the window.
        said = compact_json([item.get("summary"), item.get("encrypted_content")])
        message["content"].append({"type": "thinking", "thinking": said})
    elif "content" in item:
        content = item["content"]
        is_list = isinstance(content, list)
        message["content"] += content if is_list else [_text(str(content))]
    else:
        message["content"].append(_text(compact_json(item)))


def _responses_message(item: Mapping[str, Any]) -> dict[str, Any]:
    if str(item.get("type", "")).endswith("_output"):
        output = item.get("output")
        is_known = isinstance(output, str | list)
        return {
            "role": "tool",
            "tool_call_id": str(item.get("call_id") or ""),
            "content": output if is_known else compact_json(output),
        }
    if "role" in item and "content" in item:
        return {"role": str(item["role"]), "content": item["content"]}
    # A compaction item, which must stay for ever, or one of tomorrow's kinds.
    return {"role": "user", "content": compact_json(item), "pinned": True}


def _gemini(contents: Sequence[Any]) -> list[dict[str, Any]]:
    messages, calls = [], 0
    waiting: list[str] = []
    for content in contents:
        known = content if isinstance(content, Mapping) else {}
        blocks: list[dict[str, Any]] = []
        for part in known.get("parts") or ():
            if not isinstance(part, Mapping):
                continue
            call, result = part.get("functionCall"), part.get("functionResponse")
            if isinstance(call, Mapping):
                calls += 1
                waiting.append(f"call-{calls}")
                name = str(call.get("name", ""))
                blocks.append(
                    {"type": "tool_use", "id": waiting[-1], "name": name,
                     "input": call.get("args") or {}}
                )  # fmt: skip
            elif isinstance(result, Mapping):
                blocks.append(
                    {"type": "tool_result",
                     "tool_use_id": waiting.pop(0) if waiting else "",
                     "content": compact_json(result.get("response"))}
                )  # fmt: skip
            else:
                blocks.append(_gemini_block(part))
        role = "assistant" if known.get("role") == "model" else "user"
        messages.append({"role": role, "content": blocks})
    return messages


def _gemini_block(part: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(part.get("text"), str):
        return _text(part["text"])
    data = part.get("inlineData")
    if isinstance(data, Mapping):
        mime = str(data.get("mimeType") or "")
        return {"type": "media", "mime_type": mime, "data": data.get("data")}
    return _text(compact_json(part))


def _gemini_changed(item: Mapping[str, Any], content: Any) -> list[Any] | None:
    """Only a message of plain text."""
    parts = item.get("parts")
    if not isinstance(content, list) or not isinstance(parts, list):
        return None
    texts = [block.get("text") for block in content if isinstance(block, Mapping)]
    if len(texts) != len(content) or not all(isinstance(t, str) for t in texts):
        return None
    if any(set(part) != {"text"} for part in parts if isinstance(part, Mapping)):
        return None
    return [{**item, "parts": [{"text": text} for text in texts]}]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
