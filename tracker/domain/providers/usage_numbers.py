"""The numbers in a provider's usage object: found by their path, and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from tracker.domain.reports import MAX_TOKENS


class UsageError(ValueError):
    """A usage object that cannot be believed. `field` is the path of the culprit."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


_COUNT = re.compile(r"[0-9]{1,16}(\.[0-9]{1,16})?")


def largest(usage: Mapping[str, Any], paths: tuple[str, ...]) -> int:
    return max(said(usage, paths), default=0)


def said(usage: Mapping[str, Any], paths: tuple[str, ...]) -> list[int]:
    """The numbers that are there, in the order of `paths`."""
    found = (tokens_at(usage, path) for path in paths)
    return [tokens for tokens in found if tokens is not None]


def tokens_at(usage: Mapping[str, Any], path: str) -> int | None:
    """The whole number at `path`, None where it or what holds it is absent."""
    value: Any = usage
    for name in path.split("."):
        if not isinstance(value, Mapping):
            raise UsageError(f"usage.{path.split('.')[0]}", "must be an object")
        value = value.get(name)
        if value is None:
            return None
    tokens = whole_number(value)
    if tokens is None:
        raise UsageError(f"usage.{path}", "must be a number of tokens, 0 or more")
    if tokens > MAX_TOKENS:
        raise UsageError(f"usage.{path}", "must be at most 10^12")
    return tokens


def whole_number(value: object) -> int | None:
    """A count as programs write it: 57, 57.0, "57", 14417.92 (OpenRouter; rounded
    down). None for what is no count: negative, not finite, true, other text.
    """
    if isinstance(value, str):
        text = value.strip()
        if not _COUNT.fullmatch(text):
            return None
        value = int(text.partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(value) if value >= 0 else None
