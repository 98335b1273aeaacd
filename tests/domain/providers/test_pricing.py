from __future__ import annotations

from decimal import Decimal

import pytest

from tracker.domain.providers.pricing import (
    PriceList,
    Prices,
    SavedMoney,
    cost_of,
    money_saved,
)
from tracker.domain.providers.reported_usage import ReportedUsage, normalise_usage

SONNET = PriceList(
    base=Prices(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75")),
    long_tokens=200_000,
    long=Prices(Decimal(6), Decimal("22.5")),
)


def used(input_tokens: int, output: int | None = 0, **cache: int) -> ReportedUsage:
    return ReportedUsage(
        input_tokens=input_tokens,
        output_tokens=output,
        cache_read_tokens=cache.get("read", 0),
        cache_creation_tokens=cache.get("creation", 0),
        semantics="anthropic",
    )


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (used(1_000_000 // 10), "0.3"),
        (used(0, 1_000), "0.015"),
        (used(100_000, 0, read=100_000), "0.03"),
        (used(100_000, 0, creation=100_000), "0.375"),
        (used(100_000, 1_000, read=60_000, creation=30_000), "0.1755"),
        (used(200_000), "0.6"),
        (used(200_001), "1.200006"),
        (used(200_001, 1, read=200_001), "0.0600228"),
        (used(0, None), "0"),
        (used(10, 0, read=10, creation=10), "0.0000405"),
    ],
)
def test_a_request_costs_each_kind_of_token_at_its_price(
    usage: ReportedUsage, dollars: str
) -> None:
    assert cost_of(usage, SONNET) == Decimal(dollars)


def test_cached_tokens_are_never_paid_twice() -> None:
    usage = normalise_usage(
        {
            "prompt_tokens": 100_000,
            "completion_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 100_000},
        }
    )

    assert cost_of(usage, SONNET) == Decimal("0.03")


@pytest.mark.parametrize(
    ("prices", "dollars"),
    [
        (Prices(), None),
        (Prices(input=Decimal(1)), None),
        (Prices(output=Decimal(1)), None),
        (Prices(input=Decimal(1), output=Decimal(0)), Decimal("0.1")),
    ],
)
def test_a_missing_price_makes_no_cost_up(
    prices: Prices, dollars: Decimal | None
) -> None:
    usage = used(100_000, 5, read=50_000, creation=1_000)

    assert cost_of(usage, PriceList(base=prices)) == dollars


def test_without_output_its_price_is_not_needed() -> None:
    price_list = PriceList(base=Prices(input=Decimal(1)))

    assert cost_of(used(1_000_000, None), price_list) == 1


def test_saved_tokens_are_worth_their_price_with_and_without_cache() -> None:
    assert money_saved(100_000, SONNET) == SavedMoney(Decimal("0.03"), Decimal("0.3"))
    assert money_saved(-100_000, SONNET) == SavedMoney(
        Decimal("-0.03"), Decimal("-0.3")
    )
    assert money_saved(1, PriceList(base=Prices())) is None


def test_without_a_cache_price_both_are_the_same() -> None:
    saved = money_saved(10, PriceList(base=Prices(input=Decimal(2))))

    assert saved is not None and saved.cached == saved.uncached == Decimal("0.00002")
