"""Gemini's rules for `contents`, after its API reference, its guide on function calling
and the sentences with which it refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.domain.dialects.parts.blocks import either, mapping
from tracker.domain.dialects.rules.flaws import Flaw, mappings

_ROLES = (None, "user", "model", "function", "tool")


def flaws(contents: Sequence[Any]) -> Iterator[Flaw]:
    """A turn of calls follows a user's turn or answers, and is answered by as many
    answers directly behind it; no content is without parts.
    """
    calls = 0
    last = ""
    for at, content in enumerate(contents):
        known = mapping(content)
        parts = mappings(known.get("parts"))
        if known.get("role") not in _ROLES:
            role = str(known.get("role"))[:40]
            yield Flaw("role", f"content {at} has the role {role!r}")
        if not parts:
            yield Flaw("empty", f"content {at} has no parts")
        made, given = _calls(parts), _answers(parts)
        is_model = known.get("role") == "model"
        if calls and not (given or (is_model and made)):
            yield Flaw("orphaned_call", f"content {at} comes before {calls} answers")
            calls = 0
        if given > calls:
            yield Flaw("orphaned_result", f"content {at} answers more than was called")
        calls = max(0, calls - given) + made
        if made and last == "text of the model":
            yield Flaw("call_turn", f"content {at} calls behind a turn of the model")
        if made and not last:
            yield Flaw("call_turn", f"content {at} calls before anybody has spoken")
        last = "a call" if made else "text of the model" if is_model else "a user"
    if calls:
        yield Flaw("open_call", "the last calls are not answered")


def _calls(parts: Sequence[Mapping[str, Any]]) -> int:
    return sum(either(p, "functionCall", "function_call") is not None for p in parts)


def _answers(parts: Sequence[Mapping[str, Any]]) -> int:
    names = ("functionResponse", "function_response")
    return sum(either(part, *names) is not None for part in parts)
