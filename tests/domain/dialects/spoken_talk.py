"""One conversation in every dialect: talk, files, calls at once, own tools."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tracker.domain.dialects.detecting import DIALECTS

FORMS = (*DIALECTS, "ai_sdk_ui", "langchain_data", "langchain_lc")
NOISE = base64.b64encode(random.Random(3).randbytes(3_000)).decode()
_SAID = """tide lock gate harbour must never 40 cm northern survey report água 水位
pump valve config/ports.toml E1042 https://tides.test/oslo chart retry agreed decided"""
_WORDS = _SAID.split()
Item = dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """What a user says (with a file or a picture), calls in each round, an answer."""

    words: int
    attached: str  # "", file, image
    rounds: tuple[int, ...]
    result_words: int
    answers: bool
    is_pinned: bool = False
    own_tool: bool = False  # the provider's, answered in its own message


TURNS = st.lists(
    st.builds(
        Turn,
        words=st.sampled_from([2, 30, 200]),
        attached=st.sampled_from(["", "", "file", "image"]),
        rounds=st.lists(st.integers(1, 3), max_size=3).map(tuple),
        result_words=st.sampled_from([1, 40, 400]),
        answers=st.just(True),
        is_pinned=st.sampled_from([False] * 8 + [True]),
        own_tool=st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


@dataclass
class Talk:
    form: str
    chance: random.Random
    items: list[Item] = field(default_factory=list)
    number: int = 0

    def text(self, words: int) -> str:
        return " ".join(self.chance.choice(_WORDS) for _ in range(words))


def talk(form: str, turns: list[Turn], seed: int = 0) -> list[Item]:
    """The turns as messages of a dialect, as its provider takes them."""
    made = Talk(form, random.Random(seed))
    say = _SPEAKERS[form]
    for turn in turns:
        say(made, turn)
    return made.items


def _calls(made: Talk, turn: Turn) -> list[list[tuple[str, Item, str]]]:
    rounds = []
    for many in turn.rounds:
        calls = []
        for _ in range(many):
            made.number += 1
            path = {"path": f"src/file_{made.number}.py"}
            calls.append((f"call_{made.number}", path, made.text(turn.result_words)))
        rounds.append(calls)
    return rounds


def _pinned(item: Item, turn: Turn) -> Item:
    return {**item, "pinned": True} if turn.is_pinned else item


def _name(made: Talk) -> str:
    return f"survey-{made.number}-{len(made.items)}.pdf"


def _anthropic(made: Talk, turn: Turn) -> None:
    blocks: list[Item] = []
    if turn.attached == "file":
        source = {"type": "base64", "media_type": "application/pdf", "data": NOISE}
        blocks.append({"type": "document", "title": _name(made), "source": source})
    if turn.attached == "image":
        source = {"type": "url", "url": f"https://pictures.test/{len(made.items)}.png"}
        blocks.append({"type": "image", "source": source})
    blocks.append({"type": "text", "text": made.text(turn.words)})
    if turn.attached:
        blocks[-1]["cache_control"] = {"type": "ephemeral"}
        for item in made.items:
            for block in item["content"]:
                block.pop("cache_control", None)
    made.items.append(_pinned({"role": "user", "content": blocks}, turn))
    for calls in _calls(made, turn):
        uses = [
            {"type": "tool_use", "id": name, "name": "read", "input": path}
            for name, path, _ in calls
        ]
        results = [
            {"type": "tool_result", "tool_use_id": name, "content": said}
            for name, _, said in calls
        ]
        made.items.append({"role": "assistant", "content": uses})
        made.items.append({"role": "user", "content": results})
    answer: list[Item] = [{"type": "text", "text": made.text(20)}]
    if turn.own_tool:
        made.number += 1
        found = {"type": "web_search_result", "title": f"Tides {made.number}",
                 "url": "https://tides.test", "encrypted_content": NOISE}  # fmt: skip
        answer[:0] = [
            {"type": "server_tool_use", "id": f"srv_{made.number}",
             "name": "web_search", "input": {"query": "tides"}},
            {"type": "web_search_tool_result", "tool_use_id": f"srv_{made.number}",
             "content": [found]},
        ]  # fmt: skip
    made.items.append({"role": "assistant", "content": answer})


def _chat(made: Talk, turn: Turn) -> None:
    content: Any = made.text(turn.words)
    if turn.attached:
        file = {"type": "file", "file": {"filename": _name(made), "file_data": NOISE}}
        address = {"url": f"https://pictures.test/{len(made.items)}.png"}
        picture = {"type": "image_url", "image_url": address}
        medium = file if turn.attached == "file" else picture
        content = [{"type": "text", "text": content}, medium]
    made.items.append(_pinned({"role": "user", "content": content}, turn))
    for calls in _calls(made, turn):
        listed = [
            {"id": name, "type": "function",
             "function": {"name": "read", "arguments": json.dumps(path)}}
            for name, path, _ in calls
        ]  # fmt: skip
        made.items.append({"role": "assistant", "content": None, "tool_calls": listed})
        for name, _, said in calls:
            made.items.append({"role": "tool", "tool_call_id": name, "content": said})
    made.items.append({"role": "assistant", "content": made.text(20)})


def _responses(made: Talk, turn: Turn) -> None:
    content: list[Item] = [{"type": "input_text", "text": made.text(turn.words)}]
    if turn.attached == "file":
        content.append(
            {"type": "input_file", "filename": _name(made), "file_id": "f_1"}
        )
    if turn.attached == "image":
        address = f"https://pictures.test/{len(made.items)}.png"
        content.append({"type": "input_image", "image_url": address})
    item = {"type": "message", "role": "user", "content": content}
    made.items.append(_pinned(item, turn))
    for calls in _calls(made, turn):
        made.items.append(
            {"type": "reasoning", "id": f"rs_{made.number}", "summary": [],
             "encrypted_content": "x" * 60}
        )  # fmt: skip
        kind = "custom_tool_call" if turn.own_tool else "function_call"
        field_name = "input" if turn.own_tool else "arguments"
        for name, path, _ in calls:
            call = {"type": kind, "call_id": name, "name": "read"}
            made.items.append({**call, field_name: json.dumps(path)})
        for name, _, said in calls:
            made.items.append(
                {"type": f"{kind}_output", "call_id": name, "output": said}
            )
    said = {"type": "output_text", "text": made.text(20), "annotations": []}
    made.items.append({"type": "message", "role": "assistant", "content": [said]})


def _gemini(made: Talk, turn: Turn) -> None:
    parts: list[Item] = [{"text": made.text(turn.words)}]
    if turn.attached == "file":
        uri = f"https://files.test/{_name(made)}"
        parts.append({"fileData": {"mimeType": "application/pdf", "fileUri": uri}})
    if turn.attached == "image":
        parts.append({"inlineData": {"mimeType": "image/png", "data": NOISE}})
    made.items.append(_pinned({"role": "user", "parts": parts}, turn))
    for calls in _calls(made, turn):
        asked = [
            {"functionCall": {"name": "read", "args": path}, "thoughtSignature": "c2ln"}
            for _, path, _ in calls
        ]
        given = [
            {"functionResponse": {"name": "read", "response": {"output": said}}}
            for _, _, said in calls
        ]
        if turn.own_tool:  # a content for each call
            made.items += [{"role": "model", "parts": [part]} for part in asked]
        else:
            made.items.append({"role": "model", "parts": asked})
        made.items.append({"role": "user", "parts": given})
    made.items.append({"role": "model", "parts": [{"text": made.text(20)}]})


def _bedrock(made: Talk, turn: Turn) -> None:
    content: list[Item] = [{"text": made.text(turn.words)}]
    if turn.attached == "file":
        name = _name(made).removesuffix(".pdf")
        source = {"bytes": NOISE}
        content.append({"document": {"format": "pdf", "name": name, "source": source}})
    if turn.attached == "image":
        content.append({"image": {"format": "png", "source": {"bytes": NOISE}}})
    if turn.attached:
        for item in made.items:
            item["content"] = [b for b in item["content"] if "cachePoint" not in b]
        content.append({"cachePoint": {"type": "default"}})
    made.items.append(_pinned({"role": "user", "content": content}, turn))
    for calls in _calls(made, turn):
        uses = [
            {"toolUse": {"toolUseId": name, "name": "read", "input": path}}
            for name, path, _ in calls
        ]
        results = [
            {"toolResult": {"toolUseId": name, "content": [
                {"json": {"said": said}} if turn.own_tool else {"text": said}]}}
            for name, _, said in calls
        ]  # fmt: skip
        made.items.append({"role": "assistant", "content": uses})
        made.items.append({"role": "user", "content": results})
    made.items.append({"role": "assistant", "content": [{"text": made.text(20)}]})


def _ai_sdk_content(made: Talk, turn: Turn) -> list[Item]:
    content: list[Item] = [{"type": "text", "text": made.text(turn.words)}]
    if turn.attached == "file":
        file = {"type": "file", "filename": _name(made), "mediaType": "application/pdf"}
        content.append({**file, "data": NOISE})
    if turn.attached == "image":
        picture = {"type": "file", "mediaType": "image/png"}
        content.append({**picture, "data": f"https://pictures.test/{made.number}.png"})
    return content


def _ai_sdk(made: Talk, turn: Turn) -> None:
    content = _ai_sdk_content(made, turn)
    made.items.append(_pinned({"role": "user", "content": content}, turn))
    for calls in _calls(made, turn):
        asked = [
            {"type": "tool-call", "toolCallId": name, "toolName": "read", "input": path}
            for name, path, _ in calls
        ]
        kind = "json" if turn.own_tool else "text"
        given = [
            {"type": "tool-result", "toolCallId": name, "toolName": "read",
             "output": {"type": kind, "value": {"v": said} if turn.own_tool else said}}
            for name, _, said in calls
        ]  # fmt: skip
        made.items.append({"role": "assistant", "content": asked})
        made.items.append({"role": "tool", "content": given})
    answer = [{"type": "reasoning", "text": "Well."}] if turn.own_tool else []
    answer.append({"type": "text", "text": made.text(20)})
    made.items.append({"role": "assistant", "content": answer})


def _ai_sdk_ui(made: Talk, turn: Turn) -> None:
    parts = _ai_sdk_content(made, turn)
    for part in parts:
        if "data" in part:
            part["url"] = part.pop("data")
    item = {"id": f"m{len(made.items)}", "role": "user", "parts": parts}
    made.items.append(_pinned(item, turn))
    answer: list[Item] = []
    for calls in _calls(made, turn):
        answer.append({"type": "step-start"})
        answer += [
            {"type": "tool-read", "toolCallId": name, "state": "output-available",
             "input": path, "output": said}
            for name, path, said in calls
        ]  # fmt: skip
    if turn.own_tool:
        answer.append({"type": "source-url", "sourceId": "s", "url": "https://t.test"})
    answer.append({"type": "text", "text": made.text(20)})
    made.items.append(
        {"id": f"m{len(made.items)}", "role": "assistant", "parts": answer}
    )


def _langchain(made: Talk, turn: Turn) -> None:
    content: Any = made.text(turn.words)
    if turn.attached:
        mime = "application/pdf" if turn.attached == "file" else "image/png"
        medium = {"type": turn.attached, "base64": NOISE, "mime_type": mime}
        content = [{"type": "text", "text": content}, medium]
    made.items.append(_pinned({"type": "human", "content": content}, turn))
    for calls in _calls(made, turn):
        listed = [
            {"name": "read", "args": path, "id": name, "type": "tool_call"}
            for name, path, _ in calls
        ]
        made.items.append({"type": "ai", "content": "", "tool_calls": listed})
        for name, _, said in calls:
            made.items.append({"type": "tool", "content": said, "tool_call_id": name})
    made.items.append({"type": "ai", "content": made.text(20)})


_CLASSES = {"human": "HumanMessage", "ai": "AIMessage", "tool": "ToolMessage"}


def _dumped(how: str) -> Callable[[Talk, Turn], None]:
    def say(made: Talk, turn: Turn) -> None:
        start = len(made.items)
        _langchain(made, turn)
        for at in range(start, len(made.items)):
            item = made.items[at]
            pinned = {"pinned": True} if item.pop("pinned", False) else {}
            if how == "data":
                made.items[at] = {"type": item["type"], "data": item, **pinned}
            else:
                name = ["langchain", "schema", "messages", _CLASSES[item["type"]]]
                made.items[at] = {"lc": 1, "type": "constructor", "id": name,
                                  "kwargs": item, **pinned}  # fmt: skip

    return say


_SPEAKERS: dict[str, Callable[[Talk, Turn], None]] = {
    "anthropic": _anthropic,
    "openai_chat": _chat,
    "openai_responses": _responses,
    "gemini": _gemini,
    "bedrock": _bedrock,
    "ai_sdk": _ai_sdk,
    "ai_sdk_ui": _ai_sdk_ui,
    "langchain": _langchain,
    "langchain_data": _dumped("data"),
    "langchain_lc": _dumped("lc"),
}
