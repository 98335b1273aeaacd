"""A provider's `usage` object, as it came -> normalised numbers.

Providers disagree on whether input includes what the cache held: Anthropic's and
Bedrock's does not, everybody else's does. Here it always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker.domain.providers.usage_shapes import (
    ANTHROPIC,
    BEDROCK,
    CODEX,
    GEMINI,
    LANGCHAIN,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    UsageShape,
)
from tracker.domain.reports import MAX_TOKENS


class UsageError(ValueError):
    """A usage object that cannot be believed. `field` is the path of the culprit."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class ReportedUsage:
    """What a provider said of one request, in tokens.

    `input_tokens` includes cache reads and writes: it is the occupancy of the window
    at that request. `output_tokens` None means not said. Several sampling steps inside
    one request (Anthropic `iterations`) give the input of the last one and the output
    of all. `semantics` names the shape that was recognised.
    """

    input_tokens: int
    output_tokens: int | None
    cache_read_tokens: int
    cache_creation_tokens: int
    semantics: str

    @property
    def used_tokens(self) -> int:
        return self.input_tokens


_ANTHROPIC_CACHE = ("cache_read_input_tokens", "cache_creation_input_tokens")
_NO_INPUT = (
    "holds no input: expected input_tokens (Anthropic, OpenAI Responses) or "
    "prompt_tokens (OpenAI Chat)"
)
_WINDOW_ITERATIONS = ("message", "fallback_message")


def normalise_usage(usage: Mapping[str, Any]) -> ReportedUsage:
    """`usage` as reported by Anthropic, OpenAI (Chat, Responses) and their relatives.

    Unknown fields are ignored, null means absent. Raises UsageError for a shape that
    is not known, for lifetime totals, and for numbers that are negative, no integers,
    above 10^12 or contradict each other.
    """
    shape = _recognise(usage)
    window = _last_iteration(usage) if shape is ANTHROPIC else usage
    given = _tokens(window, shape.input) or 0
    read = _first(window, shape.cache_read) or 0
    creation = _first(window, shape.cache_creation)
    if creation is None:
        creation = _creation_by_lifetime(window) if shape is ANTHROPIC else 0
    if shape.includes_cache:
        _check_inclusive(usage, shape, given=given, cached=max(read, creation))
    else:
        given += read + creation
    if given > MAX_TOKENS:
        raise UsageError(f"usage.{shape.input}", "must be at most 10^12, with cache")
    outputs = [_tokens(usage, path) for path in shape.output]
    said = [tokens for tokens in outputs if tokens is not None]
    return ReportedUsage(
        input_tokens=given,
        output_tokens=sum(said) if said else None,
        cache_read_tokens=read,
        cache_creation_tokens=creation,
        semantics=shape.semantics,
    )


def _recognise(usage: Mapping[str, Any]) -> UsageShape:
    """The shape, by the fields that only one of them has."""

    def has(*names: str) -> bool:
        return any(usage.get(name) is not None for name in names)

    if not isinstance(usage, Mapping):
        raise UsageError("usage", "must be an object")
    if has("total_token_usage", "modelUsage"):
        raise UsageError(
            "usage", "holds totals of a whole session: report one request's usage"
        )
    # Gateways that speak both dialects leave a zero in the one they do not mean.
    if has("prompt_tokens") and (usage["prompt_tokens"] or not has("input_tokens")):
        return OPENAI_CHAT
    if has("input_tokens_details"):
        return OPENAI_RESPONSES
    if has("input_token_details"):
        return LANGCHAIN
    if has("cached_input_tokens", "cache_write_input_tokens"):
        return CODEX
    if has("input_tokens", *_ANTHROPIC_CACHE):
        is_total = has("total_tokens") and not has(*_ANTHROPIC_CACHE)
        return OPENAI_RESPONSES if is_total else ANTHROPIC
    if has("promptTokenCount"):
        return GEMINI
    if has("inputTokens"):
        return BEDROCK
    raise UsageError("usage", _NO_INPUT)


def _last_iteration(usage: Mapping[str, Any]) -> Mapping[str, Any]:
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


def _creation_by_lifetime(usage: Mapping[str, Any]) -> int:
    paths = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    return sum(_tokens(usage, f"cache_creation.{path}") or 0 for path in paths)


def _check_inclusive(
    usage: Mapping[str, Any], shape: UsageShape, *, given: int, cached: int
) -> None:
    if cached > given:
        raise UsageError(
            f"usage.{shape.input}",
            f"{given:,} cannot hold {cached:,} cached tokens: it includes them",
        )
    total = _tokens(usage, "total_tokens")
    if total is not None and total < given:
        raise UsageError(
            "usage.total_tokens", f"{total:,} is less than the {given:,} of the input"
        )


def _first(usage: Mapping[str, Any], paths: tuple[str, ...]) -> int | None:
    found = (_tokens(usage, path) for path in paths)
    return next((tokens for tokens in found if tokens is not None), None)


def _tokens(usage: Mapping[str, Any], path: str) -> int | None:
    """The integer at `path`, None where it or what holds it is absent."""
    value: Any = usage
    for name in path.split("."):
        if not isinstance(value, Mapping):
            raise UsageError(f"usage.{path.split('.')[0]}", "must be an object")
        value = value.get(name)
        if value is None:
            return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"usage.{path}", "must be an integer ≥ 0")
    if value > MAX_TOKENS:
        raise UsageError(f"usage.{path}", "must be at most 10^12")
    return value
