"""A provider's prompt cache, as tracker/domain/cuts/economics.py describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from tracker.domain.cuts.economics import LEAST_CACHED_TOKENS, READ, TTL_SECONDS, WRITE


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
