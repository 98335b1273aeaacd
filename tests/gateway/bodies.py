"""Requests as clients send them: their bytes are what must arrive."""

from __future__ import annotations

import json
from typing import Any

WORDS = "The parser in src/reader.py fails on line 40 with E102. "


def anthropic(turns: int = 2, *, size: int = 200, **more: Any) -> dict[str, Any]:
    """An agent's request after `turns` calls of a tool. `size`: bytes of a result."""
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "Fix the parser."}]}
    ]
    for turn in range(turns):
        messages += [
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": f"Step {turn}."},
                    {
                        "type": "tool_use", "id": f"toolu_{turn}", "name": "read",
                        "input": {"path": f"src/file_{turn}.py"},
                    },
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result", "tool_use_id": f"toolu_{turn}",
                        "content": f"{turn}: " + words(size),
                    }
                ],
            },
        ]  # fmt: skip
    last = messages[-1]["content"][-1]
    last["cache_control"] = {"type": "ephemeral"}
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 1024,
        "system": [
            {"type": "text", "text": "You fix code. " * 20,
             "cache_control": {"type": "ephemeral"}},
        ],
        "tools": [
            {"name": "read", "description": "Reads a file.",
             "input_schema": {"type": "object"}},
        ],
        "messages": messages,
        "stream": True,
    } | more  # fmt: skip


def chat(turns: int = 3, **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Be brief."}]
    for turn in range(turns):
        messages += [
            {"role": "user", "content": f"Question {turn}? {WORDS}"},
            {"role": "assistant", "content": f"Answer {turn}. {WORDS}"},
        ]
    messages.append({"role": "user", "content": "And now?"})
    return {"model": "gpt-5", "messages": messages, "stream": True} | more


def responses(turns: int = 3, **more: Any) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {"type": "message", "role": "user",
         "content": [{"type": "input_text", "text": "Fix the parser."}]},
    ]  # fmt: skip
    for turn in range(turns):
        items += [
            {"type": "function_call", "call_id": f"call_{turn}", "name": "shell",
             "arguments": '{"command": "ls"}'},
            {"type": "function_call_output", "call_id": f"call_{turn}",
             "output": f"{turn}: {WORDS}"},
        ]  # fmt: skip
    tools = [{"type": "function", "name": "shell", "parameters": {"type": "object"}}]
    return {
        "model": "gpt-5-codex", "instructions": "You fix code.", "input": items,
        "tools": tools, "stream": True, "store": False,
    } | more  # fmt: skip


def gemini(turns: int = 3) -> dict[str, Any]:
    contents = []
    for turn in range(turns):
        contents += [
            {"role": "user", "parts": [{"text": f"Question {turn}? {WORDS}"}]},
            {"role": "model", "parts": [{"text": f"Answer {turn}. {WORDS}"}]},
        ]
    contents.append({"role": "user", "parts": [{"text": "And now?"}]})
    return {"contents": contents}


def words(size: int) -> str:
    return (WORDS * (size // len(WORDS) + 1))[:size]


def as_sent(body: dict[str, Any]) -> bytes:
    """With spaces and characters that a second serialising would write otherwise."""
    text = json.dumps(body, indent=1, ensure_ascii=False)
    return text.replace("Fix the parser.", "Fix\\u0020the \\/ parser é.").encode()
