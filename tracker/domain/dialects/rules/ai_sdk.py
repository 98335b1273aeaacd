"""The Vercel AI SDK's rules: the schema of its model messages, `validateUIMessages`,
and what it throws where results are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.domain.dialects.parts.blocks import mapping
from tracker.domain.dialects.rules.flaws import Flaw, mappings

_ROLES = ("system", "user", "assistant", "tool")
_ENDED = ("output-available", "output-error", "output-denied", "result")


def flaws(messages: Sequence[Any]) -> Iterator[Flaw]:
    """Each call has its result (or an answer to its approval) before anybody else
    speaks; a UI message has an id and parts, and its tools have ended.
    """
    waiting: dict[str, int] = {}
    called: set[str] = set()
    for at, message in enumerate(messages):
        known = mapping(message)
        role = known.get("role")
        if role not in _ROLES:
            yield Flaw("role", f"message {at} has the role {str(role)[:40]!r}")
        if isinstance(known.get("parts"), list):
            yield from _ui_message(at, known)
            continue
        if known.get("content") in (None, ""):
            yield Flaw("empty", f"message {at} is empty")
        if role in ("user", "system"):
            yield from _open(waiting)
        for part in mappings(known.get("content")):
            yield from _part(at, str(role), part, waiting, called)
    if waiting:
        yield Flaw("open_call", "the last calls are not answered")


def _part(
    at: int,
    role: str,
    part: Mapping[str, Any],
    waiting: dict[str, int],
    called: set[str],
) -> Iterator[Flaw]:
    call = str(part.get("toolCallId"))
    if part.get("type") == "tool-call" and not part.get("providerExecuted"):
        waiting[call] = at
        called.add(call)
    elif part.get("type") == "tool-result" and role == "tool":
        if call not in called:
            text = f"message {at} answers {call!r}, which nothing called"
            yield Flaw("orphaned_result", text)
        waiting.pop(call, None)
    elif part.get("type") == "tool-approval-response":
        waiting.clear()


def _open(waiting: dict[str, int]) -> Iterator[Flaw]:
    for call, at in waiting.items():
        yield Flaw(
            "orphaned_call", f"message {at} calls {call!r}, which is not answered"
        )
    waiting.clear()


def _ui_message(at: int, message: Mapping[str, Any]) -> Iterator[Flaw]:
    if not isinstance(message.get("id"), str):
        yield Flaw("id", f"message {at} has no id")
    if not message["parts"]:
        yield Flaw("empty", f"message {at} has no parts")
    for part in mappings(message["parts"]):
        told = mapping(part.get("toolInvocation")) or part
        is_tool = str(part.get("type")).startswith(("tool-", "dynamic-tool"))
        if is_tool and told.get("state") not in _ENDED:
            yield Flaw("open_call", f"message {at} has a tool that has not ended")
