"""Attributes of a span or event -> token counts, input always including the cache."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tracker.domain.providers.reported_usage import whole_input
from tracker.domain.providers.usage_numbers import whole_number
from tracker.domain.reports import MAX_TOKENS
from tracker.sources.otlp import names
from tracker.sources.otlp.wire.records import Attributes, BadRecord


@dataclass(frozen=True, slots=True)
class Tokens:
    """One call's tokens. `input` includes cached ones. None: not reported."""

    input: int
    output: int | None
    cache_read: int | None
    cache_creation: int | None


def first_count(attributes: Attributes, keys: tuple[str, ...]) -> int | None:
    """The first of `keys` that holds a number, as a count of tokens.

    Numbers may be strings or doubles. Raises BadRecord for a value that is not a count.
    """
    return next(iter(_counts(attributes, keys)), None)


def largest_count(attributes: Attributes, keys: tuple[str, ...]) -> int | None:
    """The largest number under `keys`; else as first_count."""
    return max(_counts(attributes, keys), default=None)


def _counts(attributes: Attributes, keys: tuple[str, ...]) -> list[int]:
    found = ((key, attributes.get(key)) for key in keys)
    return [_count(key, value) for key, value in found if value not in (None, "")]


def _count(key: str, value: Any) -> int:
    number = whole_number(value)
    if number is None or number > MAX_TOKENS:
        raise BadRecord(f"{key} is not a number of tokens: {str(value)[:40]!r}")
    return number


def tokens_of(
    attributes: Attributes,
    *,
    input_keys: tuple[str, ...],
    output_keys: tuple[str, ...],
    cache_read_keys: tuple[str, ...],
    cache_creation_keys: tuple[str, ...],
    total_keys: tuple[str, ...] = (),
    excludes_cache: bool = False,
) -> Tokens | None:
    """The tokens under these names, None where no input is said.

    `excludes_cache` is what the family is known for; a cache larger than the input,
    or a total of input, cache and output, proves it for any other.
    """
    given = first_count(attributes, input_keys)
    if given is None:
        return None
    read = largest_count(attributes, cache_read_keys)
    creation = largest_count(attributes, cache_creation_keys)
    output = first_count(attributes, output_keys)
    return Tokens(
        with_cache(
            given,
            cached=(read or 0) + (creation or 0),
            output=output or 0,
            total=first_count(attributes, total_keys),
            excludes_cache=excludes_cache,
        ),
        output,
        read,
        creation,
    )


def with_cache(
    given: int, *, cached: int, output: int, total: int | None, excludes_cache: bool
) -> int:
    """The whole input of a span. Its total proves that the cache comes on top, and
    nothing else: many instrumentors add up what they were given.
    """
    is_proof = total == given + cached + output
    return whole_input(
        given,
        cached=cached,
        output=output,
        total=total if is_proof else None,
        includes_cache=not excludes_cache,
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


def with_output(tokens: Tokens, more: int | None) -> Tokens:
    """`tokens` with `more` thinking tokens added to the output: 20 + 8 are 28."""
    return replace(tokens, output=(tokens.output or 0) + more) if more else tokens
