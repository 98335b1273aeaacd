"""LangChain's rules: messages that `load` and `messages_from_dict` read, in the order
that chat models of every provider take.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker.domain.dialects.langchain import ROLES, calls_of, dumped
from tracker.domain.dialects.parts.blocks import mapping
from tracker.domain.dialects.rules.flaws import Flaw, OpenCalls, mappings


def flaws(messages: Sequence[Any]) -> Iterator[Flaw]:
    """Every ToolMessage answers a call of the AIMessage before it, every call is
    answered before anybody else speaks, and all are dumped alike.
    """
    open_calls = OpenCalls()
    forms: set[str] = set()
    for at, message in enumerate(messages):
        data = dumped(mapping(message))
        if data is None:
            yield Flaw("form", f"message {at} is none that LangChain dumps")
            continue
        forms.add(_form(mapping(message)))
        role = ROLES.get(str(data.get("type")))
        if role == "tool":
            yield from open_calls.result(at, str(data.get("tool_call_id")))
            continue
        uses = [b for b in mappings(data.get("content")) if b.get("type") == "tool_use"]
        yield from open_calls.speaks(at, [*uses, *calls_of(data)])
    yield from open_calls.end()
    if len(forms) > 1:
        yield Flaw("forms", f"messages are dumped in {len(forms)} ways")


def _form(message: Any) -> str:
    return "lc" if message.get("lc") == 1 else "data" if "data" in message else "plain"
