"""Several sampling steps inside one request: which of them the window shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.providers.usage_numbers import UsageError
from tracker.domain.providers.usage_shapes import (
    ANTHROPIC,
    OPENAI_CHAT,
    UsageShape,
)

_WINDOW_ITERATIONS = ("message", "fallback_message")


def has_iterations(usage: Mapping[str, Any], shape: UsageShape) -> bool:
    """Claude's, also beside OpenAI's names: LiteLLM 1.110.2 passes them on, and its
    prompt is their sum. A compaction of 190,000 and a message of 30,000 are a window of
    30,000, not of 220,000.
    """
    if shape is not OPENAI_CHAT:
        return shape is ANTHROPIC
    told = usage.get("iterations")
    return isinstance(told, list) and all(isinstance(one, Mapping) for one in told)


def last_iteration(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sampling step whose input is the window.

    A compaction step is the cost of summarising and an advisor's step has a window of
    its own: neither says how full this one is.
    """
    iterations = usage.get("iterations")
    if iterations is None:
        return usage
    if not isinstance(iterations, list | tuple):
        raise UsageError("usage.iterations", "must be a list")
    for index, entry in enumerate(iterations):
        if not isinstance(entry, Mapping):
            raise UsageError(f"usage.iterations[{index}]", "must be an object")
    for entry in reversed(iterations):
        if entry.get("type") in _WINDOW_ITERATIONS:
            return dict(entry)
    return usage
