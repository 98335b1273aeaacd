"""OpenAI's rules for Chat Completions, after its API reference and function calling
guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker.domain.dialects.rules.flaws import Flaw, holder, mappings

_ROLES = ("developer", "system", "user", "assistant", "tool", "function")


def flaws(messages: Sequence[Any]) -> Iterator[Flaw]:
    """Messages of role `tool` follow the calls that they answer, each call is answered
    before anybody else speaks, and only an assistant that calls may say nothing.
    """
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        known = holder(message)
        role = known.get("role")
        if role not in _ROLES:
            yield Flaw("role", f"message {at} has the role {str(role)[:40]!r}")
        if role == "tool":
            call = str(known.get("tool_call_id"))
            if call not in waiting:
                yield Flaw(
                    "orphaned_result", f"message {at} answers {call!r}, uncalled"
                )
            waiting.discard(call)
            continue
        for call in sorted(waiting):
            yield Flaw(
                "orphaned_call", f"message {at} comes before {call!r} is answered"
            )
        calls = mappings(known.get("tool_calls"))
        waiting = {str(call.get("id")) for call in calls}
        says = any(known.get(name) for name in ("refusal", "audio", "function_call"))
        if known.get("content") is None and not (calls or says):
            yield Flaw("empty", f"message {at} has no content")
    if waiting:
        yield Flaw("open_call", "the last calls are not answered")
