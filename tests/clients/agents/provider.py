"""A provider whose model calls a tool for some turns, and then says that it is done.

It enforces the providers' rules and the window, as the fake one of `tests/gateway`.
"""

from __future__ import annotations

import json
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
    """Calls its client's shell `turns` times with `command`, then says DONE. `steps`
    are the calls that it answered with a call of the tool.
    """

    turns: int = 30
    command: str = "cat part.txt"
    steps: int = 0

    def _next_tool(self, body: dict[str, Any]) -> str:
        """ "" where it says that it is done, or where the client has no shell, as in
        its question for a title.
        """
        names = [_name(tool) for tool in body.get("tools") or ()]
        found = next((name for name in TOOLS if name in names), "")
        if not found or self.steps >= self.turns:
            return ""
        self.steps += 1
        return found

    async def _anthropic(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        check_anthropic(body)
        usage = self.cache.usage(body)
        self._check_window(sum(usage.values()))
        if not body.get("stream"):
            return await super()._anthropic(request, body)
        tool = self._next_tool(body)
        number = f"msg_{self._count:05}"
        message = {
            "id": number, "type": "message", "role": "assistant", "content": [],
            "model": body["model"], "stop_reason": None, "stop_sequence": None,
            "usage": {**usage, "output_tokens": 1},
        }  # fmt: skip
        if tool:
            block = {"type": "tool_use", "id": f"toolu_{self._count:05}",
                     "name": tool, "input": {}}  # fmt: skip
            given = json.dumps(self._arguments(tool))
            delta = {"type": "input_json_delta", "partial_json": given}
        else:
            block = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": DONE}
        reason = "tool_use" if tool else "end_turn"
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
        tool = self._next_tool(body)
        item: dict[str, Any] = {
            "type": "message", "role": "assistant", "id": f"item_{self._count}",
            "content": [{"type": "output_text", "text": DONE}],
        }  # fmt: skip
        if tool:
            item = {
                "type": "function_call", "id": f"item_{self._count}", "name": tool,
                "call_id": f"call_{self._count}", "status": "completed",
                "arguments": json.dumps(self._arguments(tool)),
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


def _name(tool: dict[str, Any]) -> str:
    return str(tool.get("name") or tool.get("type") or "")
