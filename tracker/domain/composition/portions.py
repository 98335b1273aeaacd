"""A message -> its portions: how many of its tokens are of which kind, and whose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tracker.domain.composition.calls import Call, call_of, one_line
from tracker.domain.conversation.message_pieces import FILE_TYPES, is_image
from tracker.domain.counting.media_tokens import media_tokens
from tracker.domain.counting.overheads import Overheads

# The kinds, with their words for people. The first four are whole parts, where no text
# of theirs is known.
KINDS = {
    "system_prompt": "System prompt",
    "tool_definitions": "Tool definitions",
    "context": "User context",
    "conversation": "Conversation",
    "user_text": "User text",
    "assistant_text": "Assistant text",
    "thinking": "Thinking",
    "tool_calls": "Tool calls",
    "tool_results": "Tool results",
    "images": "Images",
    "documents": "Documents",
    "summaries": "Summaries",
    "reminders": "Reminders",
    "memory_files": "Memory files",
    "unattributed": "Unattributed",
}
_CALLS = frozenset(
    {"tool_use", "server_tool_use", "mcp_tool_use", "tool_call", "tool_done"}
)
_RESULTS = ("tool_result", "function_call_output", "custom_tool_call_output")
_CONTINUED = re.compile(
    r"\s*(?:This session is being continued from a previous conversation"
    r"|<earlier messages=|<conversation_summary|<state_snapshot>"
    r"|Another language model started to solve this problem)"
)
_MEMORY = re.compile(r"\s*(?:# AGENTS\.md instructions|<user_instructions>)")
_SAID_BY_PROGRAM = re.compile(
    r"\s*<(?:environment_context|command-|local-command-|bash-|user-prompt-submit-hook)"
)
_REMINDER = re.compile(r"(?s)<system-reminder>.*?(?:</system-reminder>|\Z)")
_MEMORY_FILE = re.compile(r"Contents of (\S[^\n()]{0,200}?\.md)\b")
_SKILL = re.compile(r"\s*Base directory for this skill: (\S+)")
# Letters to a token, where media of a known price stand beside text.
_LETTERS = 3.5
_SEALED = 0.66  # letters of text that one letter of a signature is worth


class Portion(NamedTuple):
    """So many tokens of one kind. `tool` made them; `name` is the file that was read,
    the memory file or the skill; `lines` which of them; `label` says it in a line.
    """

    kind: str
    tokens: int
    tool: str = ""
    name: str = ""
    lines: str = ""
    label: str = ""


class _Weighed(NamedTuple):
    weight: float
    kind: str
    call: Call | None = None
    label: str = ""


Calls = dict[str, Call]


def portions_of(
    message: Mapping[str, Any], tokens: int, calls: Calls, overheads: Overheads
) -> list[Portion]:
    """The portions of one message of a known shape; they add up to its `tokens`.

    What stands side by side in a message shares its tokens by length: 300 letters of
    text and 100 of a call's input, in a message of 120 tokens, are 90 and 30. `calls`
    remembers the calls by their ids, so that results find theirs.
    """
    weighed = list(_weighed(message, calls, overheads))
    if not weighed:
        weighed = [_Weighed(1, _spoken_kind(str(message.get("role") or "user")))]
    if len(weighed) == 1:
        return [_portion(weighed[0], tokens)]
    whole = sum(each.weight for each in weighed)
    if not whole:
        return [_portion(weighed[0], tokens)]
    found, upto, given = [], 0.0, 0
    for each in weighed:
        upto += each.weight
        until = round(tokens * upto / whole)
        found.append(_portion(each, until - given))
        given = until
    return found


def _portion(each: _Weighed, tokens: int) -> Portion:
    call = each.call
    if call is None:
        name = each.label if each.kind == "memory_files" else ""
        return Portion(each.kind, tokens, name=name, label=each.label)
    if each.kind == "tool_calls":
        return Portion(each.kind, tokens, call.tool, call.skill, label=call.label)
    name = call.file or call.skill
    return Portion(each.kind, tokens, call.tool, name, call.lines, call.label)


def _weighed(
    message: Mapping[str, Any], calls: Calls, overheads: Overheads
) -> Iterator[_Weighed]:
    role = str(message.get("role") or "")
    content = message.get("content")
    if role in ("tool", "function"):
        call = _called(calls, message.get("tool_call_id"), message.get("name"))
        yield from _result(content, call, overheads)
        return
    if not role:
        yield from _block(message, "assistant", calls, overheads)
        return
    reasoning = message.get("reasoning_content")
    if isinstance(reasoning, str) and reasoning:
        yield _Weighed(len(reasoning), "thinking")
    if isinstance(content, str):
        if content:
            yield from _text(content, role)
    else:
        for block in content if isinstance(content, list) else [content]:
            yield from _block(block, role, calls, overheads)
    told = message.get("tool_calls")
    old = message.get("function_call")
    for each in [*(told if isinstance(told, list) else ()), *([old] if old else ())]:
        if isinstance(each, Mapping):
            spec = each.get("function") or each.get("custom") or each
            yield _call(spec, each.get("id") or spec.get("name"), calls)


def _block(
    block: Any, role: str, calls: Calls, overheads: Overheads
) -> Iterator[_Weighed]:
    if isinstance(block, str):
        yield from _text(block, role)
        return
    if not isinstance(block, Mapping):
        return
    kind = str(block.get("type") or "")
    if kind == "thinking" or kind in ("redacted_thinking", "reasoning"):
        yield _Weighed(_thinking_weight(block), "thinking")
    elif kind in _CALLS or (kind.endswith("_call") and "output" not in block):
        yield _call(block, block.get("call_id") or block.get("id"), calls)
    elif kind in _RESULTS or kind.endswith(("_result", "_call_output")):
        told = block.get("tool_use_id") or block.get("call_id")
        content = block.get("content", block.get("output"))
        yield from _result(content, _called(calls, told, None), overheads)
    elif kind == "compaction":
        yield _Weighed(_length(block), "summaries", label="Summary of a compaction")
    elif is_image(block):
        yield _Weighed(_media_weight(block, overheads), "images", label="Image")
    elif kind in FILE_TYPES:
        title = block.get("title") or block.get("filename") or ""
        label = one_line(f"Document {title}")
        yield _Weighed(_media_weight(block, overheads), "documents", label=label)
    elif isinstance(block.get("text"), str):
        yield from _text(block["text"], role)
    else:
        yield _Weighed(_length(block), _spoken_kind(role))


def _call(spec: Mapping[str, Any], call_id: Any, calls: Calls) -> _Weighed:
    given = spec.get("input", spec.get("arguments", spec.get("action")))
    kind = str(spec.get("type") or "").removesuffix("_call")
    call = call_of(spec.get("name") or kind, given)
    if call_id:
        calls[str(call_id)] = call
    weight = len(given) if isinstance(given, str) else _length(given)
    return _Weighed(weight + len(call.tool), "tool_calls", call)


def _called(calls: Calls, call_id: Any, name: Any) -> Call:
    """The call that a result answers, which is then answered."""
    found = calls.pop(str(call_id), None) if call_id else None
    return found or Call(one_line(str(name or "unnamed tool")))


def _result(content: Any, call: Call, overheads: Overheads) -> Iterator[_Weighed]:
    if isinstance(content, str):
        yield _Weighed(len(content), "tool_results", call)
        return
    text = 0
    for block in content if isinstance(content, list) else [content]:
        if isinstance(block, Mapping) and is_image(block):
            label = one_line(f"Image of {call.label}")
            yield _Weighed(_media_weight(block, overheads), "images", label=label)
        else:
            text += _length(block)
    yield _Weighed(text, "tool_results", call)


def _text(text: str, role: str) -> Iterator[_Weighed]:
    """A text by who wrote it: a person, the model, or a program in a person's name."""
    if role in ("assistant", "model"):
        yield _Weighed(len(text), "assistant_text", label="Answer")
    elif role in ("system", "developer"):
        yield _Weighed(len(text), "system_prompt", label="System message")
    elif _CONTINUED.match(text):
        yield _Weighed(len(text), "summaries", label="Summary of a compaction")
    elif _MEMORY.match(text):
        yield _Weighed(len(text), "memory_files", label="AGENTS.md")
    elif _SAID_BY_PROGRAM.match(text):
        yield _Weighed(len(text), "reminders", label="Note of the client")
    elif found := _SKILL.match(text):
        skill = found[1].rstrip("/").rpartition("/")[2]
        yield _Weighed(
            len(text), "tool_results", Call("Skill", skill=skill, about=skill)
        )
    elif "<system-reminder>" in text:
        yield from _reminded(text)
    else:
        yield _Weighed(len(text), "user_text", label=f"“{one_line(text, 60)}”")


def _reminded(text: str) -> Iterator[_Weighed]:
    """Claude Code puts its reminders, and memory files, into the user's messages."""
    rest = len(text)
    for found in _REMINDER.finditer(text):
        rest -= len(found[0])
        yield reminder(found[0])
    if rest and (said := _REMINDER.sub("", text)).strip():
        yield _Weighed(rest, "user_text", label=f"“{one_line(said, 60)}”")


def reminder(text: str) -> _Weighed:
    """What a client reminds the model of; with a memory file in it, that file's."""
    file = _MEMORY_FILE.search(text)
    if file:
        return _Weighed(len(text), "memory_files", label=one_line(file[1], 200))
    return _Weighed(len(text), "reminders", label="Reminder of the client")


def _thinking_weight(block: Mapping[str, Any]) -> float:
    shown = _length(block.get("thinking") or block.get("summary") or block.get("text"))
    sealed = block.get("signature") or block.get("encrypted_content") or ""
    return max(shown, len(str(sealed)) * _SEALED, 1)


def _media_weight(block: Mapping[str, Any], overheads: Overheads) -> float:
    tokens = media_tokens(block, overheads.image)
    return _length(block) if tokens is None else tokens * _LETTERS


def _length(value: Any) -> int:
    """Letters of all texts in it, at any depth. No recursion: clients choose it."""
    letters, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            letters += len(item)
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
            letters += sum(map(len, item)) if all(map(_is_text, item)) else 0
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif item is not None:
            letters += len(str(item))
    return letters


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _spoken_kind(role: str) -> str:
    if role in ("assistant", "model"):
        return "assistant_text"
    return "system_prompt" if role in ("system", "developer") else "user_text"
