"""Items of OpenAI's Responses API, as messages and back.

Several items may become one message: a model's reasoning, text and calls of one turn
stand or fall together, because the provider refuses one without the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.domain.counting.content_tokens import compact_json

# Calls with a `call_id`, whose result is a separate item.
CALLS = (
    "function_call", "custom_tool_call", "local_shell_call", "shell_call",
    "computer_call", "apply_patch_call", "tool_search_call", "program",
)  # fmt: skip
_TURN = (
    *CALLS, "reasoning", "web_search_call", "file_search_call", "mcp_approval_request",
    "code_interpreter_call", "image_generation_call", "mcp_call", "mcp_list_tools",
)  # fmt: skip
_SHELL = "local_shell_call"
Item = Mapping[str, Any]


def call_id_of(item: Item) -> str:
    """The id by which an answer names this item; "" for what needs none."""
    kind = item.get("type")
    if kind == "mcp_approval_request":
        return str(item.get("id") or "")
    return _id_of(item, is_shell=kind == _SHELL) if kind in CALLS else ""


def answer_id_of(item: Item) -> str | None:
    """The id of the call that this item answers, as the item says it; None for what
    answers nothing.
    """
    kind = str(item.get("type", ""))
    if kind == "mcp_approval_response":
        return str(item.get("approval_request_id") or "")
    is_answer = kind.endswith("_output") and kind.removesuffix("_output") in (
        *CALLS,
        "tool_search",
    )
    return _id_of(item, is_shell=kind == f"{_SHELL}_output") if is_answer else None


def _id_of(item: Item, *, is_shell: bool) -> str:
    """OpenAI's guide gives a local shell's output a `call_id`, its reference an `id`
    alone.
    """
    return str(item.get("call_id") or (is_shell and item.get("id")) or "")


def answers_of(items: Sequence[Item]) -> list[str | None]:
    """For each item the `call_id_of` the call that it answers, else `answer_id_of`.

    A local shell's output may name the `id` of its call, or the `call_id`.
    """
    shells = [item for item in items if item.get("type") == _SHELL]
    named = {str(call["id"]): call_id_of(call) for call in shells if call.get("id")}
    named |= {call_id_of(call): call_id_of(call) for call in shells}
    found = []
    for item in items:
        answers = answer_id_of(item)
        if item.get("type") == f"{_SHELL}_output":
            answers = named.get(answers or "", answers)
        found.append(answers)
    return found


def group_items(items: Sequence[Any]) -> tuple[list[dict[str, Any]], list[range]]:
    """All items as messages. What answers a call that is not here stays: the call may
    be stored at the provider.
    """
    messages: list[dict[str, Any]] = []
    groups: list[range] = []
    called: set[str] = set()
    every = [i if isinstance(i, Mapping) else {"content": str(i)} for i in items]
    answers = answers_of(every)
    for at, known in enumerate(every):
        called.add(call_id_of(known))
        if _is_of_turn(known):
            if groups and groups[-1].stop == at and _is_turn(messages[-1]):
                groups[-1] = range(groups[-1].start, at + 1)
            else:
                messages.append({"role": "assistant", "content": []})
                groups.append(range(at, at + 1))
            _add_to_turn(messages[-1], known)
            continue
        message = _message(known, answers[at])
        if message["role"] == "tool" and message["tool_call_id"] not in called:
            message["pinned"] = True
        messages.append(message)
        groups.append(range(at, at + 1))
    return messages, groups


def _is_of_turn(item: Item) -> bool:
    return item.get("type") in _TURN or item.get("role") == "assistant"


def _is_turn(message: Mapping[str, Any]) -> bool:
    return message["role"] == "assistant" and not message.get("pinned")


def _add_to_turn(message: dict[str, Any], item: Item) -> None:
    blocks, call = _blocks_of(item)
    message["content"] += blocks
    if call is not None:
        message.setdefault("tool_calls", []).append(call)


def _blocks_of(item: Item) -> tuple[list[Any], dict[str, Any] | None]:
    """What an item of a turn adds to its message: blocks, and a call."""
    if call_id := call_id_of(item):
        names = ("arguments", "input", "action", "operation", "code")
        arguments = next((item[name] for name in names if item.get(name)), "")
        text = arguments if isinstance(arguments, str) else compact_json(arguments)
        spec = {"name": str(item.get("name") or item.get("type")), "arguments": text}
        return [], {"id": call_id, "type": "function", "function": spec}
    if item.get("type") == "reasoning":
        # `encrypted_content` is no text; it takes about its size in the window.
        said = compact_json([item.get("summary"), item.get("encrypted_content")])
        return [{"type": "thinking", "thinking": said}], None
    if "content" in item:
        content = item["content"]
        return (content if isinstance(content, list) else [_text(str(content))]), None
    return [_done_by_provider(item)], None


def _done_by_provider(item: Item) -> dict[str, Any]:
    """A tool that the provider ran itself: call and outcome in one item."""
    outcome = {k: v for k, v in item.items() if k not in ("id", "type", "status")}
    if isinstance(outcome.get("result"), str) and len(outcome["result"]) > 400:
        outcome["result"] = f"{len(outcome['result']) * 3 // 4 // 1024:,} KB"
    return {"type": "tool_use", "name": str(item.get("type")), "input": outcome}


def _message(item: Item, answers: str | None) -> dict[str, Any]:
    if answers is not None:
        output = item.get("output", item.get("tools", item.get("approve")))
        is_known = isinstance(output, str | list)
        return {
            "role": "tool",
            "tool_call_id": answers,
            "content": output if is_known else compact_json(output),
        }
    if "role" in item and "content" in item:
        message = {"role": str(item["role"]), "content": item["content"]}
        return {**message, "pinned": True} if item.get("pinned") else message
    # A compaction item, which must stay for ever, or one of tomorrow's kinds.
    return {"role": "user", "content": compact_json(item), "pinned": True}


def write_items(items: Sequence[Any], content: Any) -> list[Any] | None:
    """The items of one message with its changed content; None where this cannot be said
    in their words.
    """
    if not all(isinstance(item, Mapping) for item in items):
        return None
    if len(items) == 1 and not _is_of_turn(items[0]):
        return _written_alone(items[0], content)
    if not isinstance(content, list):
        return None
    changed: Iterator[Any] = iter(content)
    written = []
    for item in items:
        was, call = _blocks_of(item)
        now = [next(changed, None) for _ in was]
        if call is not None or now == was:
            written.append(item)
        elif isinstance(item.get("content"), list):
            written.append({**item, "content": list(map(_item_block, now))})
        elif now[0] is not None:
            written.append({**item, "content": now[0]["text"]})
    return written


def _written_alone(item: Item, content: Any) -> list[Any] | None:
    if isinstance(content, list):
        content = list(map(_item_block, content))
    if answer_id_of(item) is not None:
        is_text = str(item.get("type")) != "computer_call_output"
        return [{**item, "output": content}] if is_text and "output" in item else None
    return [{**item, "content": content}] if "content" in item else None


def _item_block(block: Any) -> Any:
    """A block of ours in the words of a user's item."""
    is_ours = isinstance(block, Mapping) and block.get("type") == "text"
    return {**block, "type": "input_text"} if is_ours else block


def summary_item(summary: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": summary}]
    return {"type": "message", "role": "user", "content": content}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
