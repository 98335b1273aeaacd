"""Attributes of a span or event -> token counts, input always including the cache."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tracker.domain.providers.reported_usage import (
    ReportedUsage,
    UsageError,
    normalise_usage,
)
from tracker.domain.reports import MAX_TOKENS
from tracker.sources.otlp import names
from tracker.sources.otlp.records import Attributes, BadRecord

_RAW_USAGE_LIMIT = 20_000  # characters; a usage object has some hundred


@dataclass(frozen=True, slots=True)
class Tokens:
    """One call's tokens. `input` includes cache reads and writes; None is not said."""

    input: int
    output: int | None
    cache_read: int | None
    cache_creation: int | None


def first_count(attributes: Attributes, keys: tuple[str, ...]) -> int | None:
    """The first of `keys` that holds a number, as a count of tokens.

    Numbers may be strings or doubles. Raises BadRecord for what is no count.
    """
    for key in keys:
        value = attributes.get(key)
        if value is not None and value != "":
            return _count(key, value)
    return None


def _count(key: str, value: Any) -> int:
    try:
        number = int(value) if not isinstance(value, bool) else -1
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number <= MAX_TOKENS:
        raise BadRecord(f"{key} is not a number of tokens: {str(value)[:40]!r}")
    return number


def tokens_of(
    attributes: Attributes,
    *,
    input_keys: tuple[str, ...],
    output_keys: tuple[str, ...],
    cache_read_keys: tuple[str, ...],
    cache_creation_keys: tuple[str, ...],
    excludes_cache: bool = False,
) -> Tokens | None:
    """The tokens under these names, None where no input is said.

    `excludes_cache` is what the family is known for; a cache larger than the input
    proves it for any other.
    """
    given = first_count(attributes, input_keys)
    if given is None:
        return None
    read = first_count(attributes, cache_read_keys)
    creation = first_count(attributes, cache_creation_keys)
    cached = (read or 0) + (creation or 0)
    if excludes_cache or cached > given:
        given += cached
    output = first_count(attributes, output_keys)
    return Tokens(given, output, read, creation)


def span_tokens(attributes: Attributes, *, excludes_cache: bool) -> Tokens | None:
    """The tokens of a span by the conventions' names, cache else from raw usage."""
    found = tokens_of(
        attributes,
        input_keys=names.INPUT,
        output_keys=names.OUTPUT,
        cache_read_keys=names.CACHE_READ,
        cache_creation_keys=names.CACHE_CREATION,
        excludes_cache=excludes_cache,
    )
    if found is None or found.cache_read is not None:
        return found
    raw = next((attributes[key] for key in names.RAW_USAGE if key in attributes), None)
    reported = _reported(raw)
    if reported is None:
        return found
    return Tokens(
        found.input,
        found.output,
        reported.cache_read_tokens,
        reported.cache_creation_tokens,
    )


def claude_tokens(attributes: Attributes) -> Tokens | None:
    """Claude Code's own names: short, and the input without the cache."""
    given, output, read, creation = names.CLAUDE_USAGE
    return tokens_of(
        attributes,
        input_keys=(given,),
        output_keys=(output,),
        cache_read_keys=(read,),
        cache_creation_keys=(creation,),
        excludes_cache=True,
    )


def langfuse_tokens(details: Any) -> Tokens | None:
    """Langfuse's `usage_details`: a provider's own keys, or `input` and `output`.

    With Langfuse's keys the input excludes what its own cache keys hold.
    """
    usage = parsed(details)
    if not isinstance(usage, Mapping):
        return None
    if "input" in usage:
        read, creation = "cache_read_input_tokens", "cache_creation_input_tokens"
        return tokens_of(
            usage,
            input_keys=("input",),
            output_keys=("output",),
            cache_read_keys=(read, "input_cached_tokens", "input_cache_read"),
            cache_creation_keys=(creation, "input_cache_creation"),
            excludes_cache=True,
        )
    reported = _reported(usage)
    if reported is None:
        return None
    return Tokens(
        reported.input_tokens,
        reported.output_tokens,
        reported.cache_read_tokens,
        reported.cache_creation_tokens,
    )


def parsed(text: Any) -> Any:
    """A JSON string, or a Python repr of plain data, as data; None for neither."""
    if not isinstance(text, str):
        return text
    if len(text) > _RAW_USAGE_LIMIT:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _reported(raw: Any) -> ReportedUsage | None:
    usage = parsed(raw)
    if not isinstance(usage, Mapping):
        return None
    try:
        return normalise_usage(usage)
    except UsageError:
        return None
