"""What input costs with a provider's prompt cache, in tokens of the plain price.

A token that the cache holds costs 0.1, one that is written to it 1.25. What was used
last is held for 5 minutes (Anthropic's prices, November 2026). A request reads the
longest beginning that the cache holds, and writes the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

READ, WRITE = 0.1, 1.25
TTL_SECONDS = 300.0
# Shorter prompts are not cached at all: from 1,024 tokens on, or 4,096, by model.
LEAST_CACHED_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a request: what it is, and how many tokens it has."""

    digest: bytes
    tokens: int


@dataclass(slots=True)
class PromptCache:
    """Counts what the requests of one conversation cost.

    Of 10,000 tokens sent twice within five minutes the first costs 12,500, the second
    1,000; with one more part of 100 tokens the third costs 1,125.
    """

    cost: float = 0.0
    read_tokens: int = 0
    written_tokens: int = 0
    _held: dict[bytes, float] = field(default_factory=dict)  # beginning -> last use

    def request(self, parts: Sequence[Part], at: float) -> float:
        """The cost of this request at `at` seconds; it is added to `cost`."""
        total = sum(part.tokens for part in parts)
        beginnings, cached, tokens, digest = list[bytes](), 0, 0, b""
        for part in parts:
            digest = blake2b(digest + part.digest, digest_size=16).digest()
            tokens += part.tokens
            beginnings.append(digest)
            used_at = self._held.get(digest)
            if used_at is not None and at - used_at <= TTL_SECONDS:
                cached = tokens
        if total < LEAST_CACHED_TOKENS:
            cost = float(total)
        else:
            cost = READ * cached + WRITE * (total - cached)
            self.read_tokens += cached
            self.written_tokens += total - cached
            self._held.update(dict.fromkeys(beginnings, at))
        self.cost += cost
        return cost


def turns_to_pay_back(freed_tokens: int, written_tokens: int) -> int | None:
    """After how many requests a compression has paid for the cache it wrote anew.

    What stays is written at 1.25 instead of read at 0.1; what is freed is no longer
    read. From 167,000 to 113,000 tokens with 110,000 written anew: 1.15 x 110,000 /
    (0.1 x 54,000) = 24 requests. None where nothing is freed.
    """
    if freed_tokens <= 0:
        return None
    return math.ceil((WRITE - READ) * written_tokens / (READ * freed_tokens))
