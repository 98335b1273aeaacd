"""Tokens -> money, in US dollars. Always an estimate: list prices, no discounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tracker.domain.providers.reported_usage import ReportedUsage

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; None if the source has no price."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_creation: Decimal | None = None  # of writes that live five minutes
    cache_hour: Decimal | None = None  # of writes that live an hour


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a model costs; from `long_tokens` of input on, every token costs `long`."""

    base: Prices
    long_tokens: int | None = None
    long: Prices = Prices()

    def prices_at(self, input_tokens: int) -> Prices:
        """The prices of a request of so much input. Gaps in `long` cost as `base`."""
        if self.long_tokens is None or input_tokens <= self.long_tokens:
            return self.base
        return Prices(
            input=_first(self.long.input, self.base.input),
            output=_first(self.long.output, self.base.output),
            cache_read=_first(self.long.cache_read, self.base.cache_read),
            cache_creation=_first(self.long.cache_creation, self.base.cache_creation),
            cache_hour=_first(self.long.cache_hour, self.base.cache_hour),
        )


@dataclass(frozen=True, slots=True)
class SavedMoney:
    """What each later request costs less: read from the cache, or sent in full."""

    cached: Decimal
    uncached: Decimal


def cost_of(usage: ReportedUsage, price_list: PriceList) -> Decimal | None:
    """What one request cost, None where a price it needs is missing.

    A cache price that is missing is the input's; without a price of an hour's writes
    they cost as those of five minutes. At $5 for input, $6.25 and $10 for writes, 100
    fresh tokens and 1,000 written, 400 of these for an hour, cost $0.00825. Reasoning
    is output, and priced as such.
    """
    prices = price_list.prices_at(usage.input_tokens)
    output_tokens = usage.output_tokens or 0
    if prices.input is None or (output_tokens and prices.output is None):
        return None
    read, creation = usage.cache_read_tokens, usage.cache_creation_tokens
    # Some count cache writes beside the input they report: never below nothing.
    fresh = max(0, usage.input_tokens - read - creation)
    total = fresh * prices.input
    total += read * _known(prices.cache_read, prices.input)
    five_minutes = _known(prices.cache_creation, prices.input)
    hour = min(usage.cache_hour_tokens, creation)
    total += (creation - hour) * five_minutes
    total += hour * _known(prices.cache_hour, five_minutes)
    total += output_tokens * _known(prices.output, Decimal(0))
    return total / _MILLION


def money_saved(saved_tokens: int, price_list: PriceList) -> SavedMoney | None:
    """What `saved_tokens` fewer in the window save with each later request.

    None where the input's price is missing. Negative where a compression grew.
    """
    prices = price_list.base
    if prices.input is None:
        return None
    cached = _known(prices.cache_read, prices.input)
    return SavedMoney(
        cached=saved_tokens * cached / _MILLION,
        uncached=saved_tokens * prices.input / _MILLION,
    )


def _first(*prices: Decimal | None) -> Decimal | None:
    return next((price for price in prices if price is not None), None)


def _known(price: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None else price
