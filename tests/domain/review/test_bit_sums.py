"""Sums in bits find what sums of numbers find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.review.bit_sums import items_of, likely_heaviest, mask_of

ITEMS = st.lists(st.integers(0, 40), max_size=20, unique=True).map(sorted)
WEIGHTED = st.lists(st.tuples(ITEMS, st.integers(0, 1_000)), max_size=8)


@given(ITEMS)
def test_a_mask_has_the_bits_of_its_items(items: list[int]) -> None:
    assert mask_of(items) == sum(1 << item for item in items)
    assert list(items_of(mask_of(items))) == items


@given(WEIGHTED, st.integers(1, 2_000), st.integers(0, 50))
def test_the_heaviest_are_found_and_equal_ones_by_number(
    weighted: list[tuple[list[int], int]], least: int, most: int
) -> None:
    sums = {
        item: sum(weight for items, weight in weighted if item in items)
        for item in range(41)
    }
    expected = sorted(
        (item for item in sums if sums[item] >= least), key=lambda n: (-sums[n], n)
    )

    found = likely_heaviest(
        [(mask_of(items), weight) for items, weight in weighted], least, most
    )

    assert sorted(found, key=lambda n: (-sums[n], n)) == expected[:most]


def test_nothing_is_found_where_nothing_weighs_enough() -> None:
    assert likely_heaviest([], 1, 5) == []
    assert likely_heaviest([(0b11, 1.0)], 1.5, 5) == []
