"""Citations that name a document by its place: wrong once documents before it go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Type of citation -> (the field with the place, the type of block that is counted).
_PLACES = {
    "char_location": ("document_index", "document"),
    "page_location": ("document_index", "document"),
    "content_block_location": ("document_index", "document"),
    "search_result_location": ("search_result_index", "search_result"),
}
_COUNTED = ("document", "search_result")


def with_sound_citations(
    before: Sequence[Any], after: Sequence[Any]
) -> tuple[Sequence[Any], int]:
    """`after` without the citations that no longer point to their document, and how
    many those were. The very list where there are none.

    Of three documents the second goes: what cites place 0 stays, 1 and 2 are taken off.
    The text itself stays word for word.
    """
    sound = {kind: _same_at_start(before, after, kind) for kind in _COUNTED}
    lost = 0
    changed: list[Any] = []
    for message in after:
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(content, list):
            changed.append(message)
            continue
        blocks = []
        for block in content:
            kept, gone = _checked(block, sound)
            blocks.append(kept)
            lost += gone
        changed.append({**message, "content": blocks} if lost else message)
    return (changed, lost) if lost else (after, 0)


def _checked(block: Any, sound: Mapping[str, int]) -> tuple[Any, int]:
    citations = block.get("citations") if isinstance(block, Mapping) else None
    if not isinstance(citations, list):
        return block, 0
    kept = [found for found in citations if _is_sound(found, sound)]
    lost = len(citations) - len(kept)
    return ({**block, "citations": kept or None} if lost else block), lost


def _is_sound(citation: Any, sound: Mapping[str, int]) -> bool:
    kind = citation.get("type") if isinstance(citation, Mapping) else None
    if kind not in _PLACES:
        return True
    field, counted = _PLACES[kind]
    place = citation.get(field)
    return not isinstance(place, int) or place < sound[counted]


def _same_at_start(before: Sequence[Any], after: Sequence[Any], kind: str) -> int:
    """How many of these blocks, from the first one, are the same on both sides."""
    same = 0
    old, new = list(_blocks(before, kind)), list(_blocks(after, kind))
    for one, other in zip(old, new, strict=False):
        if one is not other and one != other:
            break
        same += 1
    return same if len(old) != len(new) or same < len(old) else len(old) + 10_000


def _blocks(messages: Sequence[Any], kind: str) -> Iterator[Any]:
    """Also those in a tool's result, in the order in which the provider counts them."""
    for message in messages:
        content = message.get("content") if isinstance(message, Mapping) else None
        for block in content if isinstance(content, list) else ():
            if not isinstance(block, Mapping):
                continue
            if block.get("type") == kind:
                yield block
            inner = block.get("content")
            if block.get("type") == "tool_result" and isinstance(inner, list):
                yield from (
                    b for b in inner if isinstance(b, Mapping) and b.get("type") == kind
                )
