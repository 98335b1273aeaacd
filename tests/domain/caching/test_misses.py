"""Misses of the prompt cache: which requests, why, and at what cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tracker.domain.caching.misses import Turn, cost_of_miss, lifetime_of, misses_of
from tracker.domain.providers.pricing import PriceList, Prices

START = datetime(2026, 11, 26, 14, tzinfo=UTC)
OPUS = PriceList(
    Prices(Decimal(5), Decimal(25), Decimal("0.5"), Decimal("6.25"), Decimal(10))
)


def turn(
    minute: float, read: int, written: int, *, fresh: int = 10, hour: int = 0,
    model: str = "claude-opus-4-5",
) -> Turn:  # fmt: skip
    at = START + timedelta(minutes=minute)
    return Turn(at, model, read + written + fresh, read, written, hour)


def test_a_conversation_that_reads_what_was_written_misses_nothing() -> None:
    turns = [turn(0, 0, 40_000), turn(1, 40_000, 3_000), turn(5, 43_000, 900)]

    assert misses_of(turns, []) == []


@pytest.mark.parametrize(("minutes", "reason"), [(7, "idle"), (5, "prefix")])
def test_after_five_minutes_it_was_the_break(minutes: float, reason: str) -> None:
    turns = [turn(0, 120_000, 8_000), turn(minutes, 15_000, 113_500)]

    (miss,) = misses_of(turns, [])

    assert (miss.tokens, miss.reason) == (113_000, reason)
    assert miss.idle == timedelta(minutes=minutes)


def test_what_was_written_for_an_hour_lives_for_an_hour() -> None:
    first = turn(0, 0, 60_000, hour=60_000)
    # The second wrote nothing: what it read still lives for an hour.
    second = turn(1, 60_000, 0)

    (miss,) = misses_of([first, second, turn(50, 0, 60_000, hour=60_000)], [])
    (late,) = misses_of([first, second, turn(70, 0, 60_000, hour=60_000)], [])

    assert (miss.reason, late.reason) == ("prefix", "idle")
    assert lifetime_of(first) == timedelta(hours=1)


def test_a_compaction_explains_what_is_written_again() -> None:
    turns = [turn(0, 160_000, 2_000), turn(9, 15_000, 26_000)]

    (miss,) = misses_of(turns, [START + timedelta(minutes=1)])

    assert (miss.reason, miss.tokens) == ("compaction", 26_010)
    (other,) = misses_of(turns, [START - timedelta(minutes=1)])
    assert other.reason == "idle"


def test_another_model_has_a_cache_of_its_own() -> None:
    turns = [turn(0, 50_000, 0), turn(1, 0, 50_000, model="claude-haiku-4-5")]

    assert [miss.reason for miss in misses_of(turns, [])] == ["model"]


def test_less_asked_for_is_no_miss() -> None:
    rewound = [turn(0, 100_000, 0), turn(1, 30_000, 200)]
    a_block_less = [turn(0, 100_000, 0), turn(1, 97_000, 5_000)]
    without_cache = [turn(0, 0, 0, fresh=50_000), turn(1, 0, 0, fresh=50_000)]

    for turns in (rewound, a_block_less, without_cache):
        assert misses_of(turns, []) == []


def test_a_miss_costs_what_writing_costs_more_than_reading() -> None:
    (miss,) = misses_of(
        [turn(0, 120_000, 0), turn(9, 20_000, 80_000, fresh=20_000)], []
    )

    # 80,000 written at 6.25 and 20,000 sent at 5, instead of 100,000 read at .5
    assert cost_of_miss(miss, OPUS) == Decimal("0.55")
    assert cost_of_miss(miss, PriceList(Prices())) is None
    (hourly,) = misses_of([turn(0, 100_000, 0), turn(90, 0, 100_000, hour=100_000)], [])
    assert cost_of_miss(hourly, OPUS) == Decimal("0.95")
