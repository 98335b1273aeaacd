"""Numbers in a provider's usage object."""

from __future__ import annotations

import pytest

from tracker.domain.providers.reported_usage import normalise_usage


def test_the_largest_count_is_accepted() -> None:
    assert normalise_usage({"input_tokens": 10**12}).used_tokens == 10**12


@pytest.mark.parametrize(
    ("value", "expected"),
    [(57.0, 57), (14417.92, 14417), ("57", 57), (" 12.9 ", 12), (0, 0), (0.4, 0)],
)
def test_a_count_may_be_a_fraction_or_digits(value: object, expected: int) -> None:
    assert normalise_usage({"prompt_tokens": value}).used_tokens == expected
