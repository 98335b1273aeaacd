"""Text -> tokens, and how they were counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from tracker.domain.counting.content_tokens import content_tokens, message_tokens
from tracker.domain.counting.families import Family, family_of
from tracker.domain.counting.tokenizers.encodings import (
    EncodingUnavailable,
    load_encoding,
)
from tracker.domain.counting.tokenizers.own import TokenizerUnavailable, load_tokenizer
from tracker.domain.counting.tokenizers.scripts import tokens_by_script
from tracker.domain.counting.tokenizers.token_cache import TokenCache
from tracker.domain.counting.tool_definitions import tools_tokens
from tracker.domain.reports import Parts

# tiktoken's regular expressions overflow the stack on 2 million spaces; cut, a text
# counts at most one token more for each cut.
_LONGEST_PIECE = 100_000
BY_CHARACTERS = "characters / 3.5"  # the plain rule's name
BY_SCRIPT = "characters by script"
SYSTEM_ROLES = ("system", "developer")


def estimate_tokens(text: str) -> int:
    """ceil(characters / 3.5), in integers: 7 characters are 2 tokens."""
    return -(-2 * len(text) // 7)


class TokenCounter(Protocol):
    """Counts text. `source` is "counted" or "estimated".

    `name` is for the page ("o200k_base"). `reason` says why a number that should be
    counted is an estimate, else None.
    """

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    def count(self, text: str) -> int: ...


@dataclass(frozen=True, slots=True)
class EstimatedCounter:
    """Characters / 3.5. `reason` is set when it replaces a tokenizer."""

    reason: str | None = None
    name: str = BY_CHARACTERS
    source: str = "estimated"

    def count(self, text: str) -> int:
        return estimate_tokens(text)


@dataclass(frozen=True, slots=True)
class ScriptCounter:
    """The default: characters weighed by their scripts (scripts.py). `reason` is set
    when it replaces a tokenizer.
    """

    reason: str | None = None
    name: str = BY_SCRIPT
    source: str = "estimated"

    def count(self, text: str) -> int:
        return tokens_by_script(text)


@dataclass(frozen=True, slots=True)
class TokenizerCounter:
    """A tokenizer, times the family's factor, with its cache of counts."""

    name: str
    source: str
    reason: str | None
    tokenize: Callable[[str], int]
    factor_percent: int = 100
    cache: TokenCache = field(default_factory=TokenCache)

    def count(self, text: str) -> int:
        tokens = self.cache.count(text, self.tokenize)
        if self.factor_percent == 100:
            return tokens
        return (tokens * self.factor_percent + 50) // 100


@dataclass(frozen=True, slots=True)
class CountedBy:
    """What a counter says of itself, without its tokenizer: it travels anywhere."""

    name: str
    source: str
    reason: str | None

    @classmethod
    def of(cls, counter: TokenCounter) -> CountedBy:
        return cls(counter.name, counter.source, counter.reason)

    def as_dict(self) -> dict[str, str | None]:
        return {"name": self.name, "source": self.source, "reason": self.reason}


def count_tokens(text: str, model: str | None = None) -> int:
    """Tokens of `text` for `model`, by its tokenizer where one is known and here."""
    return token_counter("counted", model or "").count(text)


def token_counter(method: str, model: str = "") -> TokenCounter:
    """The counter for a method: "estimated" (characters / 3.5), "by_script" (characters
    weighed by their scripts), "counted", or a tokenizer's dotted path.

    "counted" loads the model's vocabulary at its first use in a process (0.3 s: not
    on an event loop). A path ("package.module:function") names a callable that takes
    a text and returns a number or a sequence of tokens; "name=path" is shown by its
    name. It is imported and run, so it belongs in the operator's settings, never in a
    form. What cannot be had is replaced by the estimate, and `reason` says why; one
    that fails on a text raises TokenizerFailed there.
    """
    if method == "estimated":
        return EstimatedCounter()
    if method == "by_script":
        return ScriptCounter()
    if method != "counted":
        return _own_counter(method)
    try:
        return _family_counter(family_of(model))
    except EncodingUnavailable as error:
        return ScriptCounter(reason=str(error))


def count_conversation(
    messages: Sequence[Any],
    *,
    system: Any = None,
    user_context: Any = None,
    tools: Any = None,
    model: str = "",
    counter: TokenCounter | None = None,
    sizes: list[int] | None = None,
) -> Parts:
    """What a request with these would hold, by part, overheads included.

    Takes Anthropic's and OpenAI's shapes. System and developer messages belong to
    `system`. The frame of the reply belongs to the history. `counter` None counts as
    well as can be for `model`; the overheads are always the model's.
    `sizes` gets the tokens of each message.
    """
    count = (counter or token_counter("counted", model)).count
    overheads = family_of(model).overheads
    in_system, history = 0, overheads.reply if messages else 0
    for message in messages:
        tokens = message_tokens(message, count, overheads)
        if sizes is not None:
            sizes.append(tokens)
        if _role(message) in SYSTEM_ROLES:
            in_system += tokens
        else:
            history += tokens
    return Parts(
        system=in_system + content_tokens(system, count, overheads),
        history=history,
        user_context=content_tokens(user_context, count, overheads),
        tools=tools_tokens(tools, count, overheads),
    )


def _role(message: Any) -> Any:
    if isinstance(message, dict | Mapping):  # the plain dict first: it is faster
        return message.get("role")
    return getattr(message, "role", None)


@lru_cache(maxsize=64)
def _family_counter(family: Family) -> TokenCounter:
    tokenizer = _encoding_tokenizer(family.encoding)
    if family.is_published:
        return TokenizerCounter(
            name=family.encoding,
            source="counted",
            reason=None,
            tokenize=tokenizer,
            cache=_cache(family.encoding),
        )
    factor = family.factor_percent
    times = "" if factor == 100 else f" × {factor / 100:g}"
    return TokenizerCounter(
        name=f"{family.encoding}{times}",
        source="estimated",
        reason=f"{family.name}: no public tokenizer; {family.source}",
        tokenize=tokenizer,
        factor_percent=factor,
        cache=_cache(family.encoding),
    )


@lru_cache(maxsize=16)
def _cache(tokenizer: str) -> TokenCache:  # noqa: ARG001 - the key of lru_cache
    """One cache per tokenizer, whichever family's factor comes after it."""
    return TokenCache()


def _encoding_tokenizer(name: str) -> Callable[[str], int]:
    encode = load_encoding(name).encode_ordinary

    def tokenize(text: str) -> int:
        if len(text) <= _LONGEST_PIECE:
            return len(encode(text))
        starts = range(0, len(text), _LONGEST_PIECE)
        return sum(len(encode(text[at : at + _LONGEST_PIECE])) for at in starts)

    return tokenize


@lru_cache(maxsize=64)
def _own_counter(method: str) -> TokenCounter:
    name, _, path = method.rpartition("=")
    label = f"{name} ({path})" if name else path
    if not path:
        return ScriptCounter(reason=f"no tokenizer named {name} is set up")
    try:
        tokenizer = load_tokenizer(path, label)
    except TokenizerUnavailable as error:
        return ScriptCounter(reason=str(error))
    return TokenizerCounter(
        name=label,
        source="counted",
        reason=None,
        tokenize=tokenizer,
        cache=_cache(path),
    )
