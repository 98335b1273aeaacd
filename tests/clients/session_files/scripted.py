"""A model on this machine that does what the prompt says, step by step.

A step is `[[used 30000]]`, or `[[used 30000 call Agent {"prompt": …}]]` for a tool's
call. The first answer behind a prompt takes its first step, the answer to that tool's
result the second. Steps for a sub-agent stand in its own prompt as `((used 5000))`.
Without a step the text is counted, four characters to a token, and answered in words:
so are the summaries and titles that a client asks for by itself.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.client.loopback import Answer, Loopback, Request

_CACHED = 64  # the providers tell the cache in blocks of so many
_STEP = re.compile(r"\[\[used (\d+)(?: call (\S+) (\{.*?\}))?\]\]", re.DOTALL)
_INNER = re.compile(r"\(\(used (\d+)(?: call (\S+) (\{.*?\}))?\)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Served:
    """One request of a model, with the numbers it was answered."""

    used: int
    output: int
    read: int
    model: str
    has_tools: bool
    text: str  # the last that was said to the model
    system: str  # its instructions


@dataclass(frozen=True, slots=True)
class _Turn:
    """A message of any provider's dialect."""

    role: str  # user, assistant, result
    text: str


@dataclass(frozen=True, slots=True)
class _Step:
    used: int
    tool: str = ""
    arguments: str = "{}"


class ScriptedModel(Loopback):
    """Speaks Anthropic's, OpenAI's and Gemini's streams. `served` holds what was
    answered, each with an output of its own, so that a request is known by it;
    `telemetry` the bodies that came to `/v1/logs` and `/v1/traces`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.served: list[Served] = []
        self.telemetry: list[Request] = []
        self._count = itertools.count(1)

    def answer(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if path in ("/v1/logs", "/v1/traces", "/v1/metrics"):
            self.telemetry.append(request)
            return Answer(200, {})
        if path.endswith("count_tokens"):
            return Answer(200, {"input_tokens": len(request.body) // 4})
        if path.endswith(":countTokens"):
            return Answer(200, {"totalTokens": len(request.body) // 4})
        for end, (turns_of, told) in _DIALECTS.items():
            if path.endswith(end):
                body = request.json()
                body.setdefault("model", _model_in(path))
                return self._told(body, list(turns_of(body)), told)
        return Answer(404, {"error": {"message": path}})

    def _told(self, body: dict[str, Any], turns: list[_Turn], told: _Telling) -> Answer:
        step, number = _next_step(turns), next(self._count)
        used = step.used if step else len(json.dumps(body)) // 4
        served = Served(
            used=used,
            output=100 + number,
            read=used * 6 // 10 // _CACHED * _CACHED,
            model=body["model"],
            has_tools=bool(body.get("tools") or body.get("input")),
            text=turns[-1].text if turns else "",
            system=turns[0].text if turns and turns[0].role == "system" else "",
        )
        self.served.append(served)
        events = told(number, served, step or _Step(used))
        is_named = "type" in events[0]
        if body.get("stream") is False:
            return Answer(200, events)
        return Answer(200, _stream(events, is_named=is_named))


_Telling = Callable[[int, Served, _Step], list[dict[str, Any]]]


def _said_in(number: int) -> str:
    """Another text each time: Gemini CLI ends a turn that repeats itself."""
    lines = (
        f"Part {number * 31 + n} of module {n * number % 97} reads E{1000 + 7 * n}."
        for n in range(12)
    )
    return " ".join(lines)


def _next_step(turns: list[_Turn]) -> _Step | None:
    """The step that the last prompt with steps asks for now; None behind its last."""
    for place in range(len(turns) - 1, -1, -1):
        if turns[place].role != "user":
            continue
        said = turns[place].text.replace('\\"', '"')
        found = _STEP.findall(said) or _INNER.findall(said)
        if not found:
            continue
        answers = [t for t in turns[place + 1 :] if t.role == "result"]
        done = len(answers)
        if any(t.role == "user" for t in turns[place + 1 :]) and not done:
            return None
        if done < len(found):
            used, tool, arguments = found[done]
            return _Step(int(used), tool, arguments or "{}")
        return None
    return None


def _stream(events: list[dict[str, Any]], *, is_named: bool) -> Iterator[str]:
    for event in events:
        name = f"event: {event['type']}\n" if is_named else ""
        yield f"{name}data: {json.dumps(event)}\n\n"
    if not is_named and "candidates" not in events[-1]:
        yield "data: [DONE]\n\n"


def _model_in(path: str) -> str:
    """`/v1beta/models/gemini-2.5-pro:streamGenerateContent` names its model there."""
    return path.rpartition("/")[2].partition(":")[0]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return _text(content.get("text") or content.get("content") or "")
    return "\n".join(map(_text, content or ()))


def _anthropic_turns(body: dict[str, Any]) -> Iterator[_Turn]:
    for message in body["messages"]:
        blocks = message["content"]
        kinds = {b.get("type") for b in blocks} if isinstance(blocks, list) else set()
        is_result = "tool_result" in kinds
        yield _Turn("result" if is_result else message["role"], _text(blocks))


def _anthropic(number: int, served: Served, step: _Step) -> list[dict[str, Any]]:
    written = (served.used - served.read) // 2
    usage = {
        "input_tokens": served.used - served.read - written,
        "cache_read_input_tokens": served.read,
        "cache_creation_input_tokens": written,
        "output_tokens": 1,
    }
    block: dict[str, Any] = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": _said_in(number)}
    if step.tool:
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": step.tool}
        block["input"] = {}
        delta = {"type": "input_json_delta", "partial_json": step.arguments}
    reason = {"stop_reason": "tool_use" if step.tool else "end_turn"}
    message = {
        "id": f"msg_{number:06}", "type": "message", "role": "assistant",
        "model": served.model, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    final = {**usage, "output_tokens": served.output}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {**reason, "stop_sequence": None},
         "usage": final},
        {"type": "message_stop"},
    ]  # fmt: skip


def _responses_turns(body: dict[str, Any]) -> Iterator[_Turn]:
    for item in body["input"]:
        kind = item.get("type", "message")
        if kind.endswith("_output"):
            yield _Turn("result", _text(item.get("output")))
        elif kind == "message":
            yield _Turn(item["role"], _text(item.get("content")))
        elif kind in ("function_call", "custom_tool_call"):
            yield _Turn("assistant", "")


def _responses(number: int, served: Served, step: _Step) -> list[dict[str, Any]]:
    said = {"type": "output_text", "text": _said_in(number), "annotations": []}
    item: dict[str, Any] = {
        "type": "message", "id": f"item_{number}", "role": "assistant",
        "status": "completed", "content": [said],
    }  # fmt: skip
    if step.tool:
        space, _, name = step.tool.rpartition("/")
        item = {
            "type": "function_call", "id": f"item_{number}",
            "call_id": f"call_{number}", "name": name,
            "arguments": step.arguments, "status": "completed",
        }  # fmt: skip
        item |= {"namespace": space} if space else {}
    answer = {
        "id": f"resp_{number:06}", "object": "response", "status": "completed",
        "model": served.model, "output": [item],
        "usage": {
            "input_tokens": served.used, "output_tokens": served.output,
            "total_tokens": served.used + served.output,
            "input_tokens_details": {"cached_tokens": served.read},
            "output_tokens_details": {"reasoning_tokens": 11},
        },
    }  # fmt: skip
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    return [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": answer},
    ]


def _chat_turns(body: dict[str, Any]) -> Iterator[_Turn]:
    for message in body["messages"]:
        role = "result" if message["role"] == "tool" else message["role"]
        yield _Turn(role, _text(message.get("content")))


def _chat(number: int, served: Served, step: _Step) -> list[dict[str, Any]]:
    head = {
        "id": f"chatcmpl-{number:06}", "object": "chat.completion.chunk",
        "created": 1_790_000_000, "model": served.model,
    }  # fmt: skip
    delta: dict[str, Any] = {"role": "assistant", "content": _said_in(number)}
    if step.tool:
        function = {"name": step.tool, "arguments": step.arguments}
        one = {"index": 0, "id": f"call_{number}", "type": "function"}
        delta = {"role": "assistant", "tool_calls": [one | {"function": function}]}
    reason = "tool_calls" if step.tool else "stop"
    usage = {
        "prompt_tokens": served.used, "completion_tokens": served.output,
        "total_tokens": served.used + served.output,
        "prompt_tokens_details": {"cached_tokens": served.read},
        "completion_tokens_details": {"reasoning_tokens": 11},
    }  # fmt: skip
    return [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {**head, "choices": [], "usage": usage},
    ]


def _gemini_turns(body: dict[str, Any]) -> Iterator[_Turn]:
    for message in body["contents"]:
        parts = message["parts"]
        if any("functionResponse" in part for part in parts):
            yield _Turn("result", "")
        else:
            role = "assistant" if message.get("role") == "model" else "user"
            yield _Turn(role, _text(parts))


def _gemini(number: int, served: Served, step: _Step) -> list[dict[str, Any]]:
    part: dict[str, Any] = {"text": _said_in(number)}
    if step.tool:
        given = json.loads(step.arguments)
        part = {"functionCall": {"name": step.tool, "args": given}}
    usage = {
        "promptTokenCount": served.used, "cachedContentTokenCount": served.read,
        "candidatesTokenCount": served.output - 12, "thoughtsTokenCount": 12,
        "totalTokenCount": served.used + served.output,
    }  # fmt: skip
    candidate = {"content": {"role": "model", "parts": [part]}, "index": 0}
    return [
        {
            "candidates": [candidate | {"finishReason": "STOP"}],
            "usageMetadata": usage,
            "modelVersion": served.model,
            "responseId": f"gemini-{number:06}",
        }
    ]


_DIALECTS: dict[str, tuple[Callable[[dict[str, Any]], Iterator[_Turn]], _Telling]] = {
    "/messages": (_anthropic_turns, _anthropic),
    "/responses": (_responses_turns, _responses),
    "/chat/completions": (_chat_turns, _chat),
    ":streamGenerateContent": (_gemini_turns, _gemini),
    ":generateContent": (_gemini_turns, _gemini),
}
