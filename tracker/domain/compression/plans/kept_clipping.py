"""The last tier: takes tokens from the largest kept messages, tool results first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.domain.compression.plans.clipping import (
    CLIPPED_KINDS,
    SMALLEST_TOKENS,
    clip_message,
    is_clippable,
    without_images,
)
from tracker.domain.conversation.messages import Message, read_message
from tracker.domain.counting.measure import Measure

_ORDER = ("tool", "assistant", "user")


def clip_largest(
    messages: Sequence[Message], over_tokens: int, measure: Measure
) -> dict[int, Any]:
    """New data for kept messages, so that `over_tokens` less are needed if possible.

    Tool results give first, then assistants, then users; among one role the largest,
    down to a common height. System, pinned and signed messages are never touched.
    """
    edits: dict[int, Any] = {}
    for role in _ORDER:
        candidates = [m for m in messages if m.role == role and is_clippable(m)]
        for change in (_clip_texts, _drop_images):
            if over_tokens <= 0:
                return edits
            over_tokens -= change(candidates, over_tokens, measure, edits)
    return edits


def clippable_tokens(messages: Sequence[Message], measure: Measure) -> int:
    """About how much `clip_largest` could free at most."""
    return sum(
        max(0, _text_tokens(message, measure) - SMALLEST_TOKENS)
        for message in messages
        if message.role in _ORDER and is_clippable(message)
    )


def _text_tokens(message: Message, measure: Measure) -> int:
    return sum(
        measure.count(piece.text)
        for piece in message.pieces
        if piece.kind in CLIPPED_KINDS
    )


def _clip_texts(
    messages: Sequence[Message],
    over_tokens: int,
    measure: Measure,
    edits: dict[int, Any],
) -> int:
    sizes = {message.index: _text_tokens(message, measure) for message in messages}
    height = _common_height(list(sizes.values()), over_tokens)
    freed = 0
    for message in messages:
        text = sizes[message.index]
        if text <= height:
            continue
        before = measure.message(message.raw)
        data = clip_message(message, before - (text - height), measure)
        less = before - measure.message(data)
        if less > 0:
            edits[message.index] = data
            freed += less
    return freed


def _drop_images(
    messages: Sequence[Message],
    over_tokens: int,
    measure: Measure,
    edits: dict[int, Any],
) -> int:
    freed = 0
    for message in sorted(messages, key=_images, reverse=True):
        if freed >= over_tokens or not _images(message):
            break
        now = read_message(edits.get(message.index, message.raw), message.index)
        data = without_images(now)
        less = measure.message(now.raw) - measure.message(data)
        if less > 0:
            edits[message.index] = data
            freed += less
    return freed


def _images(message: Message) -> int:
    return sum(piece.images for piece in message.pieces)


def _common_height(sizes: list[int], over_tokens: int) -> int:
    """The height to which the tallest are cut to free at least `over_tokens`."""
    low, high = SMALLEST_TOKENS, max(sizes, default=SMALLEST_TOKENS)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(max(0, size - middle) for size in sizes) >= over_tokens:
            low = middle
        else:
            high = middle - 1
    return low
