"""Simpler ways to fill the same budget: what others do, and chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tracker.domain.compression.summary.extraction import source_units
from tracker.domain.conversation.messages import Message
from tracker.domain.counting.counters import estimate_tokens

Line = tuple[int, str]  # index of the message, text
Method = Callable[[Sequence[Message], int], list[Line]]


def truncating(middle: Sequence[Message], budget: int) -> list[Line]:
    """The first 100 characters of each message, oldest first."""
    lines = [(m.index, f"{m.role}: {m.text[:100]}") for m in middle]
    return _fitting(lines, budget)


def drop_oldest(middle: Sequence[Message], budget: int) -> list[Line]:
    lines = [(m.index, f"{m.role}: {m.text}") for m in reversed(middle)]
    return _fitting(lines, budget)


def masking(middle: Sequence[Message], budget: int) -> list[Line]:
    """Results of tools give way to a note, oldest first; then the oldest go."""
    texts = {m.index: f"{m.role}: {m.text}" for m in middle}
    for message in middle:
        if sum(map(_cost, texts.values())) <= budget:
            break
        if message.role == "tool":
            texts[message.index] = "tool: [result cleared]"
    return _fitting([(m.index, texts[m.index]) for m in reversed(middle)], budget)


def random_lines(middle: Sequence[Message], budget: int) -> list[Line]:
    lines = [(m.index, unit) for m in middle for unit in source_units(m)]
    random.Random(7).shuffle(lines)
    taken = []
    for line in lines:
        if _cost(line[1]) <= budget:
            taken.append(line)
            budget -= _cost(line[1])
    return taken


RIVALS: dict[str, Method] = {
    "100 characters a message": truncating,
    "drop oldest": drop_oldest,
    "mask tool results": masking,
    "random lines": random_lines,
}


def _cost(text: str) -> int:
    return estimate_tokens(text) + 1


def _fitting(lines: Sequence[Line], budget: int) -> list[Line]:
    """As many as fit, up to the first that does not."""
    taken = []
    for line in lines:
        budget -= _cost(line[1])
        if budget < 0:
            break
        taken.append(line)
    return taken
