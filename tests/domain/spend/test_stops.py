"""The first limit that is reached stops a call; below it none does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tracker.domain.budget.policy import STOPS, BudgetPolicy, PolicyError
from tracker.domain.spend.stops import Spent, has_stops, stop_of

SPENT = Spent(
    session_id=7,
    session_tokens=1_000_000,
    session_dollars=Decimal("12.4"),
    month_dollars=Decimal(300),
)


def test_without_a_limit_nothing_stops() -> None:
    assert not has_stops(BudgetPolicy())
    assert stop_of(BudgetPolicy(), SPENT) is None


@pytest.mark.parametrize(
    ("name", "limit", "said"),
    [
        ("gateway_session_tokens", 1_000_000, "has used 1,000,000 of 1,000,000 tokens"),
        ("gateway_session_dollars", 12, "has spent $12.40 of $12"),
        ("gateway_month_dollars", 300, "has spent $300.00 of $300"),
    ],
)
def test_a_limit_stops_when_it_is_reached(name: str, limit: int, said: str) -> None:
    found = stop_of(BudgetPolicy(**{name: limit}), SPENT)

    assert found is not None
    assert (found.name, found.said, found.session_id) == (name, said, 7)
    assert stop_of(BudgetPolicy(**{name: limit + 1}), SPENT) is None


@pytest.mark.parametrize("name", STOPS)
def test_a_limit_is_not_negative(name: str) -> None:
    with pytest.raises(PolicyError, match="cannot be negative"):
        BudgetPolicy(**{name: -1})
