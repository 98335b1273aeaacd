"""Bedrock's rules for the messages of Converse, after its API reference and the
sentences with which it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.domain.dialects.parts.blocks import mapping
from tracker.domain.dialects.rules.flaws import Flaw, mappings, unmatched

MOST_CACHE_POINTS = 4
_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")


def flaws(messages: Sequence[Any]) -> Iterator[Flaw]:
    """Roles take turns, the user first; calls are answered in the next message; no text
    is blank; a document stands beside a text; at most four cache points.
    """
    waiting: list[str] = []
    role = "assistant"
    points = 0
    for at, message in enumerate(messages):
        known = mapping(message)
        blocks = mappings(known.get("content"))
        if known.get("role") == role:
            code = "alternate" if at else "first_role"
            yield Flaw(code, f"message {at} is a second one of the {role}")
        role = str(known.get("role"))
        if not blocks:
            yield Flaw("empty", f"message {at} is empty")
        results = [_id(b, "toolResult") for b in blocks if "toolResult" in b]
        yield from unmatched(at, waiting, results)
        waiting = [_id(block, "toolUse") for block in blocks if "toolUse" in block]
        for call in waiting:
            if not _ID.fullmatch(call):
                yield Flaw("id", f"message {at} calls with the id {call[:70]!r}")
        yield from _texts(at, blocks)
        points += sum("cachePoint" in block for block in blocks)
    if waiting:
        yield Flaw("open_call", "the last message calls a tool that nobody answers")
    if points > MOST_CACHE_POINTS:
        yield Flaw("cache_marks", f"{points} cache points, {MOST_CACHE_POINTS} allowed")


def _id(block: Mapping[str, Any], name: str) -> str:
    return str(mapping(block[name]).get("toolUseId") or "")


def _texts(at: int, blocks: Sequence[Mapping[str, Any]]) -> Iterator[Flaw]:
    if any("text" in b and not str(b["text"]).strip() for b in blocks):
        yield Flaw("blank", f"message {at} has a blank text")
    if any("document" in b for b in blocks) and not any("text" in b for b in blocks):
        yield Flaw("document_alone", f"message {at} has a document and no text")
