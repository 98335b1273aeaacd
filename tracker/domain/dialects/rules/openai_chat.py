"""OpenAI's rules for Chat Completions, after its API reference and function calling
guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker.domain.dialects.parts.blocks import mapping
from tracker.domain.dialects.rules.flaws import Flaw, OpenCalls, mappings

_ROLES = ("developer", "system", "user", "assistant", "tool", "function")


def flaws(messages: Sequence[Any]) -> Iterator[Flaw]:
    """Messages of role `tool` follow the calls that they answer, each call is answered
    before anybody else speaks, and only an assistant that calls may say nothing.
    """
    open_calls = OpenCalls()
    for at, message in enumerate(messages):
        known = mapping(message)
        role = known.get("role")
        if role not in _ROLES:
            yield Flaw("role", f"message {at} has the role {str(role)[:40]!r}")
        if role == "tool":
            yield from open_calls.result(at, str(known.get("tool_call_id")))
            continue
        calls = mappings(known.get("tool_calls"))
        yield from open_calls.speaks(at, calls)
        says = any(known.get(name) for name in ("refusal", "audio", "function_call"))
        if known.get("content") is None and not (calls or says):
            yield Flaw("empty", f"message {at} has no content")
    yield from open_calls.end()
