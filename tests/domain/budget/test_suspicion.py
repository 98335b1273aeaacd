"""Which drops in occupancy look like a compression that nobody announced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.suspicion import (
    calls_alternate,
    has_come_back,
    is_sudden_drop,
    knows_more,
    way_of,
)

AVAILABLE = 196_000
TOKENS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("before", "after", "is_drop"),
    [
        (166_972, 48_132, True),  # real compactions
        (153_192, 50_089, True),
        (67_102, 41_212, False),  # real drops without one
        (52_262, 33_420, False),
        (100_000, 60_000, True),
        (100_000, 60_001, False),
        (32_667, 13_066, True),  # 19,601 tokens freed
        (32_667, 13_068, False),  # 19,599
        (0, 0, False),
        (150_000, 0, True),
        (50_000, 150_000, False),
    ],
)
def test_a_drop_below_three_fifths_that_frees_a_tenth_looks_like_one(
    before: int, after: int, is_drop: bool
) -> None:
    assert is_sudden_drop(before, after, available=AVAILABLE) is is_drop


@given(TOKENS, TOKENS, st.integers(1, 10**12))
def test_a_drop_is_never_a_rise_and_never_came_back(
    before: int, after: int, available: int
) -> None:
    if is_sudden_drop(before, after, available=available):
        assert after < before
        assert not has_come_back(before, after)


@pytest.mark.parametrize(
    ("used", "alternates"),
    [
        ([50_000, 3_000, 52_000], True),
        ([50_000, 3_000, 44_999], False),
        ([90_000, 50_000, 3_000, 52_000, 4_000], True),
        ([10_000, 90_000, 160_000, 170_000], False),
        ([160_000, 40_000, 50_000, 60_000], False),
        ([160_000, 40_000], False),
        ([], False),
    ],
)
def test_calls_of_several_kinds_are_told_by_a_drop_that_came_back(
    used: list[int], alternates: bool
) -> None:
    assert calls_alternate(used, available=AVAILABLE) is alternates


def test_a_transcript_tells_more_than_a_hook_an_event_and_a_suspicion() -> None:
    ways = [
        way_of(trigger="auto", origin=origin)
        for origin in ("claude_code", "api", "otlp")
    ]
    ways.append(way_of(trigger="suspected", origin="claude_code"))

    for better, worse in zip(ways, ways[1:], strict=False):
        assert knows_more(better, worse)
        assert not knows_more(worse, better)
        assert not knows_more(worse, worse)
