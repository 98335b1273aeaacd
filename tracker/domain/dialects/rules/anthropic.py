"""Anthropic's rules for `messages`, after its pages on messages, tool use, thinking,
prompt caching and citations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.domain.dialects.parts.blocks import mapping
from tracker.domain.dialects.rules.flaws import Flaw, mappings, unmatched

MOST_MARKS = 4
# Citations that name a document by its place among all documents of the request.
_BY_PLACE = ("char_location", "page_location", "content_block_location")
Block = Mapping[str, Any]


def flaws(messages: Sequence[Any]) -> Iterator[Flaw]:
    """A conversation begins with its user; calls are answered at once and first of all;
    texts are not empty; at most four cache marks; citations name a document.
    """
    waiting: list[str] = []
    seen: set[str] = set()
    marks = documents = 0
    for at, message in enumerate(messages):
        known = mapping(message)
        blocks = mappings(known.get("content"))
        if at == 0 and known.get("role") == "assistant":
            yield Flaw("first_role", "the first message is not the user's")
        if not known.get("content") and at < len(messages) - 1:
            yield Flaw("empty", f"message {at} is empty")
        results = [str(b.get("tool_use_id")) for b in blocks if _is(b, "tool_result")]
        yield from unmatched(at, waiting, results)
        waiting = [str(b.get("id")) for b in blocks if _is(b, "tool_use")]
        if len(set(waiting)) < len(waiting) or not seen.isdisjoint(waiting):
            yield Flaw("repeated_id", f"message {at} calls with an id used before")
        seen.update(waiting)
        yield from _blocks(at, blocks)
        marks += sum(map(_marks, [known, *blocks]))
        yield from _citations(at, blocks, documents)
        documents += sum(map(_documents, blocks))
    if waiting:
        yield Flaw("open_call", "the last message calls a tool that nobody answers")
    if marks > MOST_MARKS:
        yield Flaw("cache_marks", f"{marks} cache marks, {MOST_MARKS} allowed")


def _is(block: Block, kind: str) -> bool:
    return block.get("type") == kind


def _blocks(at: int, blocks: Sequence[Block]) -> Iterator[Flaw]:
    kinds = [str(block.get("type")) for block in blocks]
    if "tool_result" in kinds and kinds[0] != "tool_result":
        yield Flaw("results_first", f"message {at} says something before its results")
    for block in blocks:
        if _is(block, "text") and not str(block.get("text") or "").strip():
            yield Flaw("empty_text", f"message {at} has a text without words")
        is_marked = block.get("cache_control") is not None
        if is_marked and block.get("type") in ("thinking", "redacted_thinking"):
            yield Flaw("marked_thinking", f"message {at} has a cache mark on thinking")
    # A server's tool is answered in the same message, or goes on in the next turn.
    called = {str(b.get("id")) for b in blocks if _is(b, "mcp_tool_use")}
    given = {str(b.get("tool_use_id")) for b in blocks if _is(b, "mcp_tool_result")}
    for call in sorted(given - called):
        yield Flaw("orphaned_result", f"message {at} has a result of {call!r} alone")


def _marks(block: Block) -> int:
    inner = mappings(block.get("content")) if _is(block, "tool_result") else []
    return sum(b.get("cache_control") is not None for b in [block, *inner])


def _documents(block: Block) -> int:
    inner = mappings(block.get("content")) if _is(block, "tool_result") else []
    return sum(_is(b, "document") for b in [block, *inner])


def _citations(at: int, blocks: Sequence[Block], documents: int) -> Iterator[Flaw]:
    for block in blocks:
        for citation in mappings(block.get("citations")):
            place = citation.get("document_index")
            if citation.get("type") not in _BY_PLACE:
                continue
            if isinstance(place, int) and place >= documents:
                yield Flaw("citation", f"message {at} cites a document that is gone")
                return
