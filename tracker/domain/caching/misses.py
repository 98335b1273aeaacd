"""When the prompt cache was missed, why, and what that cost.

Providers say how much of each request was read from their cache and written to it.
After a request its cache holds what was read and what was written. The next request of
the lane should read at least that; what it does not read was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tracker.domain.caching.told_reasons import reason_words
from tracker.domain.providers.cache_lifetimes import HOUR, cache_seconds
from tracker.domain.providers.pricing import PriceList

# Providers cache no less than about 1,000 tokens, in blocks of 128 or so, and may end
# the cached prefix a block earlier: smaller differences are no miss.
LEAST_CACHED = 1_024
LEAST_MISSED = 2_048
LEAST_SHARE = 0.05
_MILLION = Decimal(1_000_000)
REASONS = {
    "compaction": "a compaction replaced what followed the system prompt",
    "model": "another model, which has a cache of its own",
    "idle": "idle for longer than the cache lives",
    "prefix": "the request began otherwise, or the provider dropped it",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of a lane, in tokens. `written_for_hour` is part of `written`."""

    at: datetime
    model: str
    input: int
    read: int
    written: int
    written_for_hour: int = 0
    told: str | None = None  # why it missed the cache (told_reasons.py)

    @property
    def cached(self) -> int:
        """What the cache holds of it afterwards."""
        return self.read + self.written


@dataclass(frozen=True, slots=True)
class Miss:
    """`tokens` were in the cache after the request before, and this one did not read
    them. `idle` is the time between the two. `reason` is one of REASONS, found from the
    numbers; the provider's reason, or a difference seen between the requests, comes
    before it.
    """

    turn: Turn
    reason: str
    tokens: int
    idle: timedelta

    @property
    def words(self) -> str:
        """The reason, for people."""
        told = self.turn.told or ""
        if self.reason == "idle" and not told.startswith("told"):
            # The whole cache had expired, so another difference was not the reason.
            return REASONS[self.reason]
        return reason_words(told) or REASONS[self.reason]


def lifetime_of(turn: Turn) -> timedelta:
    """How long the cache keeps what this request used. An hour where it wrote for an
    hour, else what the model's maker says (domain/providers/cache_lifetimes.py).
    """
    if turn.written_for_hour:
        return timedelta(seconds=HOUR)
    name = turn.model.lower()
    shape = "openai"
    if "claude" in name:
        shape = "anthropic"
    elif "gemini" in name:
        shape = "gemini"
    return timedelta(seconds=cache_seconds(shape, asks_for_hour=False))


def misses_of(turns: Sequence[Turn], compactions: Sequence[datetime]) -> list[Miss]:
    """The misses among a lane's requests, which come oldest first, like the times of
    its compactions.

    After 120,000 read and 8,000 written, a request that comes 7 minutes later and reads
    15,000 has missed 113,000: with a lifetime of 5 minutes the reason is "idle".
    """
    found, lives = [], None
    waiting = list(compactions)
    for before, turn in zip(turns, turns[1:], strict=False):
        if before.written or lives is None:
            lives = lifetime_of(before)
        is_compacted = False
        while waiting and waiting[0] <= turn.at:
            is_compacted = waiting.pop(0) > before.at or is_compacted
        missed = before.cached - turn.read
        if not is_compacted:
            # A person who goes back to an earlier message makes the request shorter.
            # What it no longer sends was not missed.
            missed = min(before.cached, turn.input) - turn.read
        least = max(LEAST_MISSED, LEAST_SHARE * before.cached)
        if before.cached < LEAST_CACHED or missed < least:
            continue
        idle = turn.at - before.at
        reason = "prefix"
        if is_compacted:
            reason, missed = "compaction", min(missed, turn.input - turn.read)
        elif before.model != turn.model:
            reason = "model"
        elif idle > lives:
            reason = "idle"
        if missed > 0:
            found.append(Miss(turn, reason, missed, idle))
    return found


def cost_of_miss(miss: Miss, prices: PriceList) -> Decimal | None:
    """US dollars more than if the tokens had been read; None without a price.

    113,000 tokens written again at $6.25 a million instead of read at $0.50 cost
    $0.65 more. What the request did not write, it sent at the input's price.
    """
    at = prices.prices_at(miss.turn.input)
    if at.input is None:
        return None
    read = at.input if at.cache_read is None else at.cache_read
    write = at.input if at.cache_creation is None else at.cache_creation
    if miss.turn.written_for_hour and at.cache_hour is not None:
        write = at.cache_hour
    written = min(miss.tokens, miss.turn.written)
    paid = written * write + (miss.tokens - written) * at.input
    return (paid - miss.tokens * read) / _MILLION
