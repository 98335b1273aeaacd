"""A provider whose model calls a tool for some turns, and then says that it is done.

It enforces the providers' rules and the window, as the fake one of `tests/gateway`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.gateway.fake_upstream import FakeUpstream
from tests.gateway.provider_rules import check_anthropic, check_responses

DONE = "All files are read."
# Of Claude Code, and of Codex by its versions and models.
TOOLS = ("Bash", "exec_command", "shell_command", "shell", "local_shell")


@dataclass
class AgentsProvider(FakeUpstream):
    """Calls `asks` (a tool's name and arguments) once, then its client's shell `turns`
    times with `command`, then says DONE. `steps` are the calls of the shell, `frames`
    the calls that came over a socket.
    """

    turns: int = 30
    command: str = "cat part.txt"
    steps: int = 0
    asks: tuple[str, dict[str, Any]] | None = None
    frames: int = 0

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await super()._answer(request)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            self._count += 1
            self.frames += 1
            body = json.loads(message.data)
            for event in self.response_events(body, self._size(body)):
                await socket.send_str(json.dumps(event))
        return socket

    def _next_call(self, body: dict[str, Any]) -> dict[str, Any]:
        """Name and arguments; empty where it says that it is done, or where the client
        has no shell, as in its question for a title.
        """
        names = dict(_names(body.get("tools") or ()))
        if self.asks is not None and self.asks[0] in names:
            (name, arguments), self.asks = self.asks, None
            return {"name": name, "arguments": arguments, **names[name]}
        found = next((name for name in TOOLS if name in names), "")
        # A call with `generate` false only fills the provider's cache.
        if not found or self.steps >= self.turns or body.get("generate") is False:
            return {}
        self.steps += 1
        return {"name": found, "arguments": self._arguments(found)}

    async def _anthropic(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        check_anthropic(body)
        usage = self.cache.usage(body)
        self._check_window(sum(usage.values()))
        if not body.get("stream"):
            return await super()._anthropic(request, body)
        call = self._next_call(body)
        number = f"msg_{self._count:05}"
        message = {
            "id": number, "type": "message", "role": "assistant", "content": [],
            "model": body["model"], "stop_reason": None, "stop_sequence": None,
            "usage": {**usage, "output_tokens": 1},
        }  # fmt: skip
        if call:
            block = {"type": "tool_use", "id": f"toolu_{self._count:05}",
                     "name": call["name"], "input": {}}  # fmt: skip
            given = json.dumps(call["arguments"])
            delta = {"type": "input_json_delta", "partial_json": given}
        else:
            block = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": DONE}
        reason = "tool_use" if call else "end_turn"
        events = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta",
             "delta": {"stop_reason": reason, "stop_sequence": None},
             "usage": {"output_tokens": 21}},
            {"type": "message_stop"},
        ]  # fmt: skip
        return await self._stream(request, events, named=True)

    async def _responses(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        check_responses(body)
        size = self._size(body) + len(str(body.get("instructions"))) // 4
        self._check_window(size)
        return await self._stream(request, self.response_events(body, size), named=True)

    def response_events(self, body: dict[str, Any], size: int) -> list[dict[str, Any]]:
        """The events that answer a `response.create`, over HTTP or a socket."""
        call = self._next_call(body)
        item: dict[str, Any] = {
            "type": "message", "role": "assistant", "id": f"item_{self._count}",
            "content": [{"type": "output_text", "text": DONE}],
        }  # fmt: skip
        if call:
            item = {
                "type": "function_call", "id": f"item_{self._count}",
                "call_id": f"call_{self._count}", "status": "completed",
                **call, "arguments": json.dumps(call["arguments"]),
            }  # fmt: skip
        answer = {
            "id": f"resp_{self._count}", "object": "response", "status": "completed",
            "model": body["model"], "output": [item],
            "usage": {
                "input_tokens": size, "output_tokens": 7, "total_tokens": size + 7,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
        }  # fmt: skip
        begun = {**answer, "status": "in_progress", "output": [], "usage": None}
        return [
            {"type": "response.created", "response": begun},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": answer},
        ]

    def _arguments(self, tool: str) -> dict[str, Any]:
        command = f"{self.command} # {self.steps}"
        if tool == "Bash":
            return {"command": command, "description": "Reads a part"}
        if tool == "exec_command":
            return {"cmd": command, "max_output_tokens": 100_000}
        if tool == "shell_command":
            return {"command": command}
        return {"command": ["sh", "-c", command]}


def _names(tools: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each with what a call of it also says: Codex puts a server's tools together."""
    for tool in tools:
        name = str(tool.get("name") or tool.get("type") or "")
        if tool.get("type") == "namespace":
            for inner in tool["tools"]:
                yield inner["name"], {"namespace": name}
        else:
            yield name, {}
