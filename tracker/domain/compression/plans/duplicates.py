"""Tool results that stand word for word in a later message: pointers say where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracker.domain.compression.plans.clipping import is_clippable, map_texts
from tracker.domain.conversation.messages import Message
from tracker.domain.counting.content_tokens import as_data
from tracker.domain.counting.measure import Count

WORTH_TOKENS = 60  # a pointer itself takes about ten


def repeated_results(messages: Sequence[Message], count: Count) -> dict[int, int]:
    """Index of each repeated tool result -> index of the newest that says the same.

    Only messages that hold one result and nothing else are compared.
    """
    newest: dict[str, int] = {}
    repeated = {}
    for message in reversed(messages):
        if len(message.pieces) != 1 or message.pieces[0].kind != "result":
            continue
        piece = message.pieces[0]
        if piece.images or count(piece.text) <= WORTH_TOKENS:
            continue
        if piece.text not in newest:
            newest[piece.text] = message.index
        elif is_clippable(message):
            repeated[message.index] = newest[piece.text]
    return repeated


def pointers(
    messages: Sequence[Message], repeated: dict[int, int], among: Iterable[int]
) -> dict[int, Any]:
    """Edited data for repeated results whose newest twin is also `among` the kept."""
    kept = set(among)
    edits = {}
    for at, twin in repeated.items():
        if at in kept and twin in kept:
            text = f"[same as result {messages[twin].pieces[0].call_id}, below]"
            edits[at] = map_texts(as_data(messages[at].raw), _pointing(text))
    return edits


def _pointing(text: str) -> Callable[[str], str]:
    return lambda _: text
