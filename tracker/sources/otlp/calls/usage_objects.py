"""Usage told as an object inside one attribute: JSON, or the repr of a Python dict."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import msgspec

from tracker.domain.providers.reported_usage import normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.sources.otlp import names
from tracker.sources.otlp.calls.tokens import (
    Tokens,
    first_count,
    tokens_of,
    with_output,
)
from tracker.sources.otlp.wire.records import Attributes

_RAW_USAGE_LIMIT = 20_000  # characters; a usage object has some hundred
_CACHE_READ = ("cache_read_input_tokens", "input_cached_tokens", "input_cache_read")
_CACHE_CREATION = ("cache_creation_input_tokens", "input_cache_creation")


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


def reported(raw: Any) -> Tokens | None:
    """A provider's or an SDK's usage object, in any form; None for anything else."""
    usage = parsed(raw)
    if not isinstance(usage, Mapping):
        return None
    try:
        found = normalise_usage(usage)
    except UsageError:
        return None
    return Tokens(
        found.input_tokens,
        found.output_tokens,
        found.cache_read_tokens,
        found.cache_creation_tokens,
    )


def langfuse_tokens(details: Any) -> Tokens | None:
    """Langfuse's `usage_details`: a provider's own keys, or `input` and `output`.

    With Langfuse's keys both exclude their details, `input_…` and `output_…`: of
    {"input": 300, "input_cached_tokens": 600, "output": 73, "output_reasoning_tokens":
    64} the window held 900 and the answer 137. A total of `input` and `output` alone
    says that the details are inside.
    """
    usage = parsed(details)
    if not isinstance(usage, Mapping):
        return None
    if "input" not in usage:
        return reported(usage)
    found = tokens_of(
        usage,
        input_keys=("input",),
        output_keys=("output",),
        cache_read_keys=_CACHE_READ,
        cache_creation_keys=_CACHE_CREATION,
    )
    if found is None:
        return None
    given, output = first_count(usage, ("input",)) or 0, found.output or 0
    if first_count(usage, ("total",)) == given + output:
        return found
    cached = {*_CACHE_READ, *_CACHE_CREATION}
    inputs = [k for k in usage if str(k).startswith("input_") and k not in cached]
    outputs = [k for k in usage if str(k).startswith("output_")]
    told_cached = (found.cache_read or 0) + (found.cache_creation or 0)
    whole = Tokens(
        given + told_cached + _sum(usage, inputs),
        found.output,
        found.cache_read,
        found.cache_creation,
    )
    return with_output(whole, _sum(usage, outputs))


def _sum(usage: Mapping[str, Any], keys: list[str]) -> int:
    return sum(first_count(usage, (key,)) or 0 for key in keys)


def mlflow_tokens(told: Any) -> Tokens | None:
    """MLflow's `tokenUsage`: Anthropic's names, but the input includes the cache."""
    usage = parsed(told)
    if not isinstance(usage, Mapping):
        return None
    return tokens_of(
        usage,
        input_keys=("input_tokens",),
        output_keys=("output_tokens",),
        cache_read_keys=("cache_read_input_tokens",),
        cache_creation_keys=("cache_creation_input_tokens",),
        total_keys=("total_tokens",),
    )


def ai_sdk_provider(attributes: Attributes) -> Tokens | None:
    """Anthropic's or Google's own usage, which the AI SDK keeps as provider metadata.

    Its version 5 leaves Claude's cache out of `gen_ai.usage.input_tokens` and names the
    reads alone, if at all; version 6 puts both in. Its input of Gemini is without what
    Google's own tools brought into the prompt. The provider's object is the same in
    each. None where another provider answered.
    """
    metadata = parsed(attributes.get(names.AI_SDK_METADATA))
    if not isinstance(metadata, Mapping):
        return None
    for provider, usage in (("anthropic", "usage"), ("google", "usageMetadata")):
        told = metadata.get(provider)
        if isinstance(told, Mapping):
            return reported(told.get(usage))
    return None


def span_tokens(attributes: Attributes, *, excludes_cache: bool) -> Tokens | None:
    """The tokens of a span by the conventions' names, cache else from raw usage."""
    found = tokens_of(
        attributes,
        input_keys=names.INPUT,
        output_keys=names.OUTPUT,
        cache_read_keys=names.CACHE_READ,
        cache_creation_keys=names.CACHE_CREATION,
        total_keys=names.TOTAL,
        excludes_cache=excludes_cache,
    )
    if found is None:
        return None
    if (whole := ai_sdk_provider(attributes)) is not None:
        return whole
    return found if found.cache_read else _with_raw_cache(found, attributes)


def _with_raw_cache(found: Tokens, attributes: Attributes) -> Tokens:
    """The cache, as an object beside the numbers tells it."""
    for key in names.RAW_USAGE:
        raw = reported(attributes.get(key))
        if raw is not None:
            return Tokens(found.input, found.output, raw.cache_read, raw.cache_creation)
    details = parsed(attributes.get(names.LANGSMITH_DETAILS))
    if not isinstance(details, Mapping):
        return found
    sums = {"input_tokens": found.input, "output_tokens": found.output}
    return reported({**sums, "input_token_details": details}) or found
