"""What a provider refuses, what it counts, and its prompt cache: after the providers'
own documentation, without their code.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

BYTES_PER_TOKEN = 4
MOST_MARKS = 4


class Refused(Exception):
    """Answered with 400 and this message."""


def tokens(value: Any) -> int:
    return len(json.dumps(value)) // BYTES_PER_TOKEN if value else 0


def check_anthropic(body: dict[str, Any]) -> None:
    """Roles, pairs of calls and results, signatures of thinking, marks of the cache."""
    messages = body["messages"]
    if not messages or messages[0]["role"] != "user":
        raise Refused("messages: first message must use the user role")
    if json.dumps(body).count('"cache_control"') > MOST_MARKS:
        raise Refused("A maximum of 4 blocks with cache_control may be provided")
    for number, message in enumerate(messages):
        if number and message["role"] == messages[number - 1]["role"]:
            raise Refused("messages: roles must alternate between user and assistant")
        if not message["content"]:
            raise Refused(f"messages.{number}: content must not be empty")
        for block in blocks_of(message):
            is_thinking = block["type"] == "thinking"
            if is_thinking and block.get("signature") != signature(block["thinking"]):
                raise Refused(f"messages.{number}: Invalid signature in thinking")
    _check_pairs(messages)


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    calls: set[str] = set()
    for number, message in enumerate(messages):
        blocks = blocks_of(message)
        results = {b["tool_use_id"] for b in blocks if b["type"] == "tool_result"}
        if results - calls:
            raise Refused(f"messages.{number}: tool_result without a tool_use before")
        if calls - results:
            raise Refused(f"messages.{number - 1}: tool_use without its tool_result")
        calls = {b["id"] for b in blocks if b["type"] == "tool_use"}
    if calls:
        raise Refused("tool_use ids were found without tool_result blocks after")


def blocks_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [] if isinstance(content, str) else content


def signature(thinking: str) -> str:
    return sha256(thinking.encode()).hexdigest()[:16]


def check_chat(body: dict[str, Any]) -> None:
    waiting: set[str] = set()
    for message in body["messages"]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise Refused("messages with role 'tool' must answer a tool call")
            waiting.discard(message["tool_call_id"])
        elif waiting:
            raise Refused("an assistant message with 'tool_calls' must be answered")
        waiting |= {call["id"] for call in message.get("tool_calls") or ()}


def check_responses(body: dict[str, Any]) -> None:
    if isinstance(body["input"], str):
        return
    called = {i["call_id"] for i in body["input"] if i.get("type") == "function_call"}
    answered = {
        i["call_id"] for i in body["input"] if i.get("type") == "function_call_output"
    }
    if called != answered:
        raise Refused("No tool output found for function call")


class PromptCache:
    """Anthropic's: what ends at a mark is written, and read by later requests that
    begin with the same bytes. A read or a write is of tokens, in whole blocks.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()

    def usage(self, body: dict[str, Any]) -> dict[str, int]:
        """`input_tokens`, `cache_read_input_tokens`, `cache_creation_input_tokens`."""
        size, read, marked = 0, 0, 0
        so_far = sha256()
        for part in _parts(body):
            mark = part.pop("cache_control", None) if isinstance(part, dict) else None
            written = json.dumps(part, sort_keys=True)  # as long in any order
            so_far.update(written.encode())
            size += max(len(written) // BYTES_PER_TOKEN, 1)
            if so_far.hexdigest() in self._known:
                read = size
            if mark:
                marked = size
                self._known.add(so_far.hexdigest())
        return {
            "input_tokens": size - max(marked, read),
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": max(marked - read, 0),
        }

    def expire(self) -> None:
        self._known.clear()


def _parts(body: dict[str, Any]) -> list[Any]:
    """The request in the order in which it is cached: tools, system, messages."""
    found: list[Any] = [dict(tool) for tool in body.get("tools", [])]
    system = body.get("system") or []
    found += [system] if isinstance(system, str) else [dict(block) for block in system]
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"text": content}] if isinstance(content, str) else content
        found += [{"role": message["role"], **block} for block in blocks]
    return found
