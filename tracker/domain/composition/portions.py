"""A message -> its portions: how many of its tokens are of which kind, and whose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tracker.domain.composition.calls import (
    Call,
    call_of,
    one_line,
    short_path,
    stored_path,
)
from tracker.domain.composition.weights import Medium, Sealed, letters_of
from tracker.domain.conversation.message_pieces import FILE_TYPES, is_image
from tracker.domain.counting.content_tokens import reasoning_of
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
_NO_ID = "\0"  # begins the key of a call without an id
_THINKING = ("thinking", "redacted_thinking", "reasoning")
SUMMARY = "Summary of a compaction"
_CONTINUED = re.compile(
    r"\s*(?:This session is being continued from a previous conversation"
    r"|<earlier messages=|<conversation_summary|<state_snapshot>|<summary>"
    r"|Another language model started to solve this problem)"
)
_MEMORY = re.compile(r"\s*(?:# AGENTS\.md instructions|<user_instructions>)")
_SAID_BY_PROGRAM = re.compile(
    r"\s*<(?:environment_context|command-|local-command-|bash-|user-prompt-submit-hook)"
)
# Copilot CLI writes it before each prompt.
_STAMP = re.compile(r"\s*<current_datetime>[^<]*</current_datetime>\s*")
_REMINDS = "<system-reminder>"
# Letters that the beginnings of no plain prompt (above, and _SKILL) start with.
_SPECIAL = "TAB"
_REMINDER = re.compile(r"(?s)<system-reminder>.*?(?:</system-reminder>|\Z)")
_MEMORY_FILE = re.compile(r"Contents of (\S[^\n()]{0,200}?\.md)\b")
_SKILL = re.compile(r"\s*Base directory for this skill: (\S+)")


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


ANSWER = "Answer"
_ANSWER = Portion("assistant_text", 0, label=ANSWER)
# A portion whose tokens are yet to be known, and what is measured for its share where
# others stand beside it: letters, or something that has letters.
_Open = tuple[Portion, Any]
Calls = dict[str, Call]


def portions_of(
    message: Mapping[str, Any], tokens: int, calls: Calls, overheads: Overheads
) -> list[Portion]:
    """The portions of one message of a known shape; they add up to its `tokens`.

    What stands side by side in a message shares its tokens by length: 300 letters of
    text and 100 of a call's input, in a message of 120 tokens, are 90 and 30. `calls`
    remembers the calls by their ids, so that results find theirs.
    """
    found: list[_Open] = []
    _read(message, calls, overheads, found)
    if len(found) == 1:  # nearly all: `_replace` takes three times as long
        kind, _, *rest = found[0][0]
        return [Portion(kind, tokens, *rest)]
    role = str(message.get("role") or "user")
    weights = [letters_of(thing) for _, thing in found]
    whole = sum(weights)
    if not whole:
        first = found[0][0] if found else Portion(_spoken_kind(role), 0)
        return [first._replace(tokens=tokens)]
    portions, upto, given = [], 0.0, 0
    for (portion, _), weight in zip(found, weights, strict=True):
        upto += weight
        until = round(tokens * upto / whole)
        portions.append(portion._replace(tokens=until - given))
        given = until
    return portions


def _read(
    message: Mapping[str, Any], calls: Calls, overheads: Overheads, found: list[_Open]
) -> None:
    role = message.get("role")
    content = message.get("content")
    if not role:
        _block(message, "assistant", calls, overheads, found)
        return
    if role in ("tool", "function"):
        call = _called(calls, message.get("tool_call_id"), message.get("name"))
        _result(content, call, overheads, found)
        return
    if isinstance(content, str):
        if content:
            _text(content, role, found)
    elif isinstance(content, list):
        for block in content:
            _block(block, role, calls, overheads, found)
    elif content is not None:
        _block(content, role, calls, overheads, found)
    if len(message) > 2:
        _read_beside(message, calls, found)


def _read_beside(message: Mapping[str, Any], calls: Calls, found: list[_Open]) -> None:
    """What OpenAI's messages say beside their content."""
    reasoning = reasoning_of(message)
    if isinstance(reasoning, str) and reasoning:
        found.append((Portion("thinking", 0), reasoning))
    told, old = message.get("tool_calls"), message.get("function_call")
    for each in [*(told if isinstance(told, list) else ()), *([old] if old else ())]:
        if isinstance(each, dict):
            spec = each.get("function") or each.get("custom") or each
            _call(spec, each.get("id") or spec.get("name"), calls, found)


def _block(
    block: Any, role: str, calls: Calls, overheads: Overheads, found: list[_Open]
) -> None:
    if isinstance(block, str):
        _text(block, role, found)
        return
    if not isinstance(block, dict):
        return
    kind = str(block.get("type") or "")
    if kind == "text":
        text = block.get("text")
        if isinstance(text, str):
            _text(text, role, found)
    elif kind in _CALLS or (kind.endswith("_call") and "output" not in block):
        _call(block, block.get("call_id") or block.get("id"), calls, found)
    elif kind.endswith(("_result", "_call_output")):
        told = block.get("tool_use_id") or block.get("call_id")
        content = block.get("content", block.get("output"))
        _result(content, _called(calls, told, None), overheads, found)
    elif kind in _THINKING:
        found.append((Portion("thinking", 0), Sealed(block)))
    else:
        _other_block(block, kind, role, overheads, found)


def _other_block(
    block: dict[str, Any],
    kind: str,
    role: str,
    overheads: Overheads,
    found: list[_Open],
) -> None:
    if kind == "compaction":
        found.append((Portion("summaries", 0, label=SUMMARY), block))
    elif is_image(block):
        found.append((Portion("images", 0, label="Image"), Medium(block, overheads)))
    elif kind in FILE_TYPES:
        title = block.get("title") or block.get("filename") or ""
        label = one_line(f"Document {title}")
        found.append((Portion("documents", 0, label=label), Medium(block, overheads)))
    elif isinstance(block.get("text"), str):
        _text(block["text"], role, found)
    else:
        found.append((Portion(_spoken_kind(role), 0), block))


def _call(spec: Any, call_id: Any, calls: Calls, found: list[_Open]) -> None:
    given = spec.get("input", spec.get("arguments", spec.get("action")))
    name = spec.get("name") or str(spec.get("type") or "").removesuffix("_call")
    call = call_of(name, given)
    number = len(calls)
    while not call_id and f"{_NO_ID}{number}" in calls:
        number += 1
    calls[str(call_id) if call_id else f"{_NO_ID}{number}"] = call
    portion = Portion("tool_calls", 0, call.tool, call.skill, "", call.label)
    found.append((portion, [call.tool, given]))


def _called(calls: Calls, call_id: Any, name: Any) -> Call:
    """The call that a result answers, which is then answered. Gemini's calls have no
    ids: their results come in their order.
    """
    if not call_id and not name:
        call_id = next((key for key in calls if key.startswith(_NO_ID)), None)
    found = calls.pop(str(call_id), None) if call_id else None
    return found or Call(one_line(str(name or "unnamed tool")))


def _result(content: Any, call: Call, overheads: Overheads, found: list[_Open]) -> None:
    if isinstance(content, list):
        images = [each for each in content if isinstance(each, dict) and is_image(each)]
        for block in images:
            label = one_line(f"Image of {call.label}")
            image = Portion("images", 0, label=label)
            found.append((image, Medium(block, overheads)))
        if images:
            content = [each for each in content if each not in images]
            if not content:
                return
    found.append((_result_of(call), content))


def _result_of(call: Call) -> Portion:
    name = call.file or call.skill
    return Portion("tool_results", 0, call.tool, name, call.lines, call.label)


def is_prompt(text: str) -> bool:
    """Whether a user's text is known at once to be a person's and nothing else."""
    return text[:1].isalpha() and text[0] not in _SPECIAL and _REMINDS not in text


def quoted(text: str) -> str:
    """The beginning of a prompt, as its label: “Fix the tests”."""
    return f"“{one_line(text, 60)}”"


def _text(text: str, role: str, found: list[_Open]) -> None:
    """A text by who wrote it: a person, the model, or a program in a person's name."""
    if role in ("assistant", "model"):
        portion = _ANSWER
    elif role in ("system", "developer"):
        portion = Portion("system_prompt", 0, label="System message")
    elif is_prompt(text):  # to look for each beginning below took half of the time
        portion = Portion("user_text", 0, label=quoted(text))
    elif _CONTINUED.match(text):
        portion = Portion("summaries", 0, label=SUMMARY)
    elif _MEMORY.match(text):
        portion = Portion("memory_files", 0, name="AGENTS.md", label="AGENTS.md")
    elif _SAID_BY_PROGRAM.match(text):
        portion = Portion("reminders", 0, label="Note of the client")
    elif _REMINDS in text:
        _reminded(text, found)
        return
    elif skill := _SKILL.match(text):
        name = one_line(skill[1].rstrip("/").rpartition("/")[2])
        portion = _result_of(Call("Skill", skill=name, about=name))
    else:
        said = quoted(_STAMP.sub("", text, count=1))
        portion = Portion("user_text", 0, label=said)
    found.append((portion, text))


def _reminded(text: str, found: list[_Open]) -> None:
    """Claude Code puts its reminders, and memory files, into the user's messages."""
    rest = len(text)
    for each in _REMINDER.finditer(text):
        rest -= len(each[0])
        found.append((_reminder(each[0]), each[0]))
    if rest and (said := _REMINDER.sub("", text)).strip():
        found.append((Portion("user_text", 0, label=quoted(said)), rest))


def _reminder(text: str) -> Portion:
    """What a client reminds the model of; with a memory file in it, that file's."""
    file = _MEMORY_FILE.search(text)
    if file is None:
        return Portion("reminders", 0, label="Reminder of the client")
    path = stored_path(file[1])
    return Portion("memory_files", 0, name=path, label=short_path(path))


def _spoken_kind(role: str) -> str:
    if role in ("assistant", "model"):
        return "assistant_text"
    return "system_prompt" if role in ("system", "developer") else "user_text"
