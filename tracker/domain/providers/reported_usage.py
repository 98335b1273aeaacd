"""A provider's `usage` object, as it came -> normalised numbers.

Providers disagree on whether input includes what the cache held: Anthropic's and
Bedrock's does not, everybody else's does. Here it always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker.domain.providers.iterations import has_iterations, last_iteration
from tracker.domain.providers.usage_numbers import UsageError, largest, said, tokens_at
from tracker.domain.providers.usage_shapes import (
    AI_SDK_PROVIDER,
    ANTHROPIC,
    ANTHROPIC_CACHE,
    LANGCHAIN,
    MARKED,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    UsageShape,
)
from tracker.domain.reports import MAX_TOKENS


@dataclass(frozen=True, slots=True)
class ReportedUsage:
    """The usage of one request as its provider reported it, in tokens.

    `input_tokens` includes cache reads and writes: it is what the window held at that
    request. `output_tokens` None: not reported. If one request had several sampling
    steps (Anthropic's `iterations`), input is the last one's and output the sum.
    `semantics` names the recognised shape. `cache_hour_tokens` are the cache writes
    that live an hour, if reported.
    """

    input_tokens: int
    output_tokens: int | None
    cache_read_tokens: int
    cache_creation_tokens: int
    semantics: str
    cache_hour_tokens: int = 0

    @property
    def used_tokens(self) -> int:
        return self.input_tokens


_NO_INPUT = (
    "holds no input: expected input_tokens (Anthropic, OpenAI Responses) or "
    "prompt_tokens (OpenAI Chat)"
)
# Fields that split cache writes by their lifetime.
_LIFETIMES = {
    ANTHROPIC.semantics: "cache_creation",
    OPENAI_CHAT.semantics: "cache_creation",  # LiteLLM passes Anthropic's on
    LANGCHAIN.semantics: "input_token_details",
}
_HOUR = "ephemeral_1h_input_tokens"


def normalise_usage(usage: Mapping[str, Any]) -> ReportedUsage:
    """`usage` as reported by a provider or an SDK (usage_shapes.py lists them).

    Unknown fields are ignored, null means absent. Fractions, as OpenRouter sends them,
    are rounded down; digits in a string count as their number. Raises UsageError for a
    shape that is not known, for lifetime totals, and for numbers that are negative,
    no numbers, above 10^12 or contradict each other.
    """
    plain = _plain_anthropic(usage)
    if plain is not None:
        return plain
    shape = _recognise(usage)
    window = last_iteration(usage) if has_iterations(usage, shape) else usage
    inside = shape if window is usage else ANTHROPIC
    read, creation = largest(window, inside.cache_read), _creation(window, inside)
    outputs = said(usage, shape.output)
    given = whole_input(
        sum(said(window, inside.input)),
        cached=read + creation,
        output=sum(outputs),
        total=tokens_at(usage, shape.total) if window is usage else None,
        includes_cache=inside.includes_cache,
    )
    if given > MAX_TOKENS:
        raise UsageError(f"usage.{shape.input[0]}", "must be at most 10^12, with cache")
    return ReportedUsage(
        input_tokens=given,
        output_tokens=sum(outputs) if outputs else None,
        cache_read_tokens=read,
        cache_creation_tokens=creation,
        semantics=shape.semantics,
        cache_hour_tokens=min(creation, _written_for_an_hour(window, shape)),
    )


_PLAIN = (
    "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "output_tokens",
)  # fmt: skip
_BESIDE = frozenset(
    (
        *_PLAIN,
        "cache_creation",
        "server_tool_use",
        "service_tier",
        "inference_geo",
        "speed",
    )
)


def _plain_anthropic(usage: Mapping[str, Any]) -> ReportedUsage | None:
    """What nearly each line of a Claude Code session says: four whole numbers, and
    nothing that another shape has. The long way gives the same in five times the time.
    """
    if type(usage) is not dict or not usage.keys() <= _BESIDE:
        return None
    numbers: list[int] = [usage.get(name, -1) for name in _PLAIN]
    for number in numbers:
        if type(number) is not int or not 0 <= number <= MAX_TOKENS:
            return None
    given, read, creation, output = numbers
    lifetimes, hour = usage.get("cache_creation"), 0
    if lifetimes is not None:
        if not creation or type(lifetimes) is not dict:
            return None  # the sum may be left out, and be in its parts
        hour = lifetimes.get(_HOUR, 0)
        if type(hour) is not int or not 0 <= hour <= creation:
            return None
    total = given + read + creation
    if total > MAX_TOKENS:
        return None
    return ReportedUsage(total, output, read, creation, ANTHROPIC.semantics, hour)


def whole_input(
    given: int,
    *,
    cached: int,
    output: int,
    total: int | None,
    includes_cache: bool,
) -> int:
    """The input with its cache, in tokens, where `given` may or may not include the
    `cached` ones. The total proves which; without proof `includes_cache` says what the
    reporter usually means, unless the cache is larger than the input.

    12 given, 2,495 cached, 20 output: a total of 2,527 proves 2,507, and so do no
    total and the cache's size. 900 given, 600 cached, 10 output: a total of 910
    proves 900. Raises UsageError where the total is less than the input.
    """
    if total is not None and total < given:
        raise UsageError(
            "usage.total_tokens", f"{total:,} is less than the {given:,} of the input"
        )
    # aisuite 0.2.0 says 10 prompt tokens, 100 of them cached and a total of 13: a cache
    # larger than the input cannot be part of it, whatever the total says.
    if cached > given or total == given + cached + output:
        return given + cached
    if total == given + output or not cached:
        return given
    return given if includes_cache else given + cached


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
    if isinstance(usage.get("inputTokens"), Mapping):
        return AI_SDK_PROVIDER
    for shape in MARKED:
        if has(*shape.marks):
            return shape
    if has("input_tokens", *ANTHROPIC_CACHE):
        is_total = has("total_tokens") and not has(*ANTHROPIC_CACHE)
        return OPENAI_RESPONSES if is_total else ANTHROPIC
    raise UsageError("usage", _NO_INPUT)


def _creation(usage: Mapping[str, Any], shape: UsageShape) -> int:
    """Cache writes. Where they are told by lifetime, the sum may be left out
    (Anthropic) or be a zero beside its parts (LangChain 1).
    """
    found = largest(usage, shape.cache_creation)
    if found or shape not in (ANTHROPIC, LANGCHAIN):
        return found
    place = _LIFETIMES[shape.semantics]
    paths = (f"{place}.ephemeral_5m_input_tokens", f"{place}.{_HOUR}")
    return sum(said(usage, paths))


def _written_for_an_hour(usage: Mapping[str, Any], shape: UsageShape) -> int:
    place = _LIFETIMES.get(shape.semantics)
    told = usage.get(place) if place else None
    # A count of writes may stand there instead, as a number.
    return sum(said(usage, (f"{place}.{_HOUR}",))) if isinstance(told, Mapping) else 0
