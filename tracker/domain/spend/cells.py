"""The smallest piece of a spend: one session's requests to one model in one hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tracker.domain.providers.pricing import PriceList, cost_of
from tracker.domain.providers.reported_usage import ReportedUsage

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Caching:
    """US dollars against the same requests without a cache. `read` is what was saved
    by reading, `write` what writing cost more than plain input.
    """

    read: Decimal = Decimal(0)
    write: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        return self.read - self.write


@dataclass(frozen=True, slots=True)
class Cell:
    """Sums of requests. `hour` is the hour they fall into, in UTC.

    `usage` holds the sums of the `told` requests, those with reported usage; its input
    includes the cache. `cost` is None where no price is known: then their tokens count
    and their money does not. The others of the `requests` have no numbers at all.
    """

    hour: datetime
    session_id: int
    model: str
    requests: int
    told: int
    usage: ReportedUsage
    cost: Decimal | None
    caching: Caching = field(default_factory=Caching)

    @property
    def fresh_tokens(self) -> int:
        """Input that was neither read from the cache nor written to it."""
        usage = self.usage
        cached = usage.cache_read_tokens + usage.cache_creation_tokens
        return max(0, usage.input_tokens - cached)


def priced(
    hour: datetime,
    session_id: int,
    model: str,
    requests: int,
    told: int,
    usage: ReportedUsage,
    prices: PriceList | None,
) -> Cell:
    """The cell with its cost by `prices`: those of the band that its requests' input
    falls into, as prices differ above a model's long context.
    """
    if prices is None or not told:
        return Cell(hour, session_id, model, requests, told, usage, None)
    flat = PriceList(prices.base)  # `usage` is a sum: no request of that size
    cost = cost_of(usage, flat)
    caching = Caching() if cost is None else _caching(usage, flat)
    return Cell(hour, session_id, model, requests, told, usage, cost, caching)


def _caching(usage: ReportedUsage, prices: PriceList) -> Caching:
    """1,000,000 read at $0.50 instead of $5 save $4.50; 100,000 written at $6.25 cost
    $0.125 more than at $5.
    """
    base = prices.base
    assert base.input is not None  # else there is no cost
    read_price = base.input if base.cache_read is None else base.cache_read
    plain = usage.cache_creation_tokens * base.input / _MILLION
    written = cost_of(
        ReportedUsage(
            input_tokens=usage.cache_creation_tokens,
            output_tokens=0,
            cache_read_tokens=0,
            cache_creation_tokens=usage.cache_creation_tokens,
            semantics=usage.semantics,
            cache_hour_tokens=usage.cache_hour_tokens,
        ),
        prices,
    )
    return Caching(
        read=usage.cache_read_tokens * (base.input - read_price) / _MILLION,
        write=(written or Decimal(0)) - plain,
    )
