"""Agents that grow turn by turn, as programs do: they know nothing of a gateway."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.gateway.bodies import WORDS, words
from tests.gateway.fake_upstream import FakeUpstream
from tests.gateway.provider_rules import signature

PATHS = {
    "anthropic": "/gateway/anthropic/v1/messages",
    "chat": "/gateway/openai/v1/chat/completions",
    "responses": "/gateway/openai/v1/responses",
    "gemini": "/gateway/gemini/v1beta/models/gemini-3-pro:generateContent",
}


class Agent:
    """Calls a tool in each turn and keeps all that was said. `size`: bytes a turn."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        shape: str = "anthropic",
        *,
        size: int = 2_000,
        session: str = "agent-session",
        thinks: bool = False,
    ) -> None:
        self.client, self.shape, self.size = client, shape, size
        self.session, self.thinks = session, thinks
        self.turn = 0
        self.messages: list[dict[str, Any]] = [_first(shape)]

    @property
    def body(self) -> dict[str, Any]:
        return _body(self.shape, self.messages)

    async def call(self, **headers: str) -> httpx.Response:
        """Send the whole conversation; take the answer and a tool's result in."""
        answer = await self.client.post(
            PATHS[self.shape],
            content=json.dumps(self.body).encode(),
            headers={"X-Token-Budget-Session": self.session, **headers},
        )
        if answer.status_code == 200:
            self.grow()
        return answer

    def grow(self) -> None:
        self.turn += 1
        result = f"{self.turn}: E{1000 + self.turn} " + words(self.size - 300)
        said = f"Step {self.turn}: I read src/file_{self.turn}.py. {WORDS}"
        self.messages += _turn(self.shape, self.turn, said, result, self.thinks)


def _first(shape: str) -> dict[str, Any]:
    text = "Fix the parser. Never touch port 8041."
    if shape == "gemini":
        return {"role": "user", "parts": [{"text": text}]}
    if shape == "responses":
        content = [{"type": "input_text", "text": text}]
        return {"type": "message", "role": "user", "content": content}
    if shape == "anthropic":
        return {"role": "user", "content": [{"type": "text", "text": text}]}
    return {"role": "user", "content": text}


def _turn(
    shape: str, turn: int, said: str, result: str, thinks: bool
) -> list[dict[str, Any]]:
    call, path = f"call_{turn}", {"path": f"src/file_{turn}.py"}
    if shape == "anthropic":
        thinking = {
            "type": "thinking", "thinking": f"Think {turn}",
            "signature": signature(f"Think {turn}"),
        }  # fmt: skip
        use = {"type": "tool_use", "id": call, "name": "read", "input": path}
        blocks = [{"type": "text", "text": said}, use]
        found = {"type": "tool_result", "tool_use_id": call, "content": result}
        return [
            {"role": "assistant", "content": [thinking, *blocks] if thinks else blocks},
            {"role": "user", "content": [found]},
        ]
    if shape == "chat":
        spec = {"name": "read", "arguments": json.dumps(path)}
        calls = [{"id": call, "type": "function", "function": spec}]
        return [
            {"role": "assistant", "content": said, "tool_calls": calls},
            {"role": "tool", "tool_call_id": call, "content": result},
        ]
    if shape == "responses":
        spoken = [{"type": "output_text", "text": said}]
        return [
            {"type": "reasoning", "id": f"rs_{turn}", "summary": [],
             "encrypted_content": "x" * 60},
            {"type": "message", "role": "assistant", "content": spoken},
            {"type": "function_call", "call_id": call, "name": "read",
             "arguments": json.dumps(path)},
            {"type": "function_call_output", "call_id": call, "output": result},
        ]  # fmt: skip
    asked = {"functionCall": {"name": "read", "args": path}}
    response = {"name": "read", "response": {"output": result}}
    return [
        {"role": "model", "parts": [{"text": said}, asked]},
        {"role": "user", "parts": [{"functionResponse": response}]},
    ]


def _body(shape: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    tool = {"name": "read", "description": "Reads a file."}
    if shape == "anthropic":
        marked = [*messages[:-1], _marked(messages[-1])]
        cached = {"type": "ephemeral"}
        return {
            "model": "claude-sonnet-4-5",
            "max_tokens": 512,
            "system": [{"type": "text", "text": "You fix code.",
                        "cache_control": cached}],
            "tools": [{**tool, "input_schema": {"type": "object"}}],
            "messages": marked,
        }  # fmt: skip
    if shape == "chat":
        system = {"role": "system", "content": "You fix code."}
        return {
            "model": "gpt-5",
            "messages": [system, *messages],
            "tools": [{"type": "function", "function": tool}],
        }
    if shape == "responses":
        return {
            "model": "gpt-5-codex", "instructions": "You fix code.",
            "input": messages, "tools": [{"type": "function", **tool}], "store": False,
        }  # fmt: skip
    return {"contents": messages, "tools": [{"functionDeclarations": [tool]}]}


def _marked(message: dict[str, Any]) -> dict[str, Any]:
    """With the mark of the cache that agents move to their newest message."""
    content = message["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    last = {**content[-1], "cache_control": {"type": "ephemeral"}}
    return {**message, "content": [*content[:-1], last]}


async def filled(
    agent: Agent, rows: Any, *, until: str = "Compression", most: int = 60
) -> httpx.Response:
    """Call until the agent's conversation was compressed."""
    for _ in range(most):
        answer = await agent.call()
        if await rows(until):
            return answer
    raise AssertionError("nothing was compressed")


def plain(message: Any) -> str:
    """A message without marks of the cache, as the provider's cache compares it."""
    text = json.dumps(message, sort_keys=True)
    return text.replace('"cache_control": {"type": "ephemeral"}, ', "")


def sent_messages(upstream: FakeUpstream, shape: str) -> list[list[str]]:
    field = {"responses": "input", "gemini": "contents"}.get(shape, "messages")
    return [[plain(m) for m in asked.json[field]] for asked in upstream.asked]
