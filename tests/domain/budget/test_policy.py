"""Policies and the limits they give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.policy import BudgetPolicy, PolicyError, Threshold


def test_the_default_policy_is_the_orders_table() -> None:
    limits = BudgetPolicy().limits(200_000)

    assert limits.available_tokens == 196_000
    assert limits.warning_tokens == 156_800
    assert limits.compress_tokens == 166_600
    assert limits.critical_tokens == 186_200
    assert limits.target_tokens == 117_600
    assert limits.margin_tokens == 3_920


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"window_tokens": 0}, "window_tokens"),
        ({"reserved_tokens": -1}, "reserved_tokens"),
        ({"reserved_tokens": 200_000}, "reserved_tokens"),
        ({"reserved_tokens": 200_001}, "reserved_tokens"),
        ({"warning": Threshold.percent(86)}, "warning"),
        ({"compress": Threshold.percent(96)}, "compress"),
        ({"critical": Threshold.percent(100.01)}, "critical"),
        ({"target": Threshold.percent(85)}, "target"),
        ({"target": Threshold(tokens=166_600)}, "target"),
        ({"message_limit": 0}, "message_limit"),
        ({"keep_first": -1}, "keep_first"),
        ({"keep_first": 14}, "keep_first"),
        ({"mode": "maybe"}, "mode"),
        ({"counting": "mine=os:abort"}, "counting"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused_by_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        BudgetPolicy(**changes)  # wrong on purpose

    assert refused.value.field == field
    assert refused.value.message


def test_a_reserve_one_below_the_window_leaves_one_token() -> None:
    policy = BudgetPolicy(
        window_tokens=4_001,
        warning=Threshold(tokens=1),
        compress=Threshold(tokens=1),
        critical=Threshold(tokens=1),
    )

    assert policy.limits(4_001).available_tokens == 1


def test_absolute_thresholds_stay_where_they_are_in_any_window() -> None:
    policy = BudgetPolicy(warning=Threshold(tokens=100_000))

    assert policy.limits(200_000).warning_tokens == 100_000
    assert policy.limits(1_000_000).warning_tokens == 100_000


def test_absolute_thresholds_out_of_order_at_a_window_are_refused_there() -> None:
    policy = BudgetPolicy(warning=Threshold(tokens=160_000))

    with pytest.raises(PolicyError):
        policy.limits(100_000)


@pytest.mark.parametrize("values", [{}, {"basis_points": 1, "tokens": 1}])
def test_a_threshold_is_a_share_or_tokens(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="either"):
        Threshold(**values)


@pytest.mark.parametrize("values", [{"basis_points": -1}, {"tokens": -1}])
def test_a_threshold_is_not_negative(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        Threshold(**values)


def test_a_threshold_reads_as_a_person_writes_it() -> None:
    assert str(Threshold.percent(82.5)) == "82.5 %"
    assert str(Threshold(tokens=150_000)) == "150,000 tokens"


@given(st.integers(1, 10**12), st.integers(0, 10_000))
def test_the_first_token_of_a_share_is_the_smallest_that_reaches_it(
    available: int, basis_points: int
) -> None:
    first = Threshold(basis_points=basis_points).reached_at(available)

    assert first * 10_000 >= available * basis_points
    assert (first - 1) * 10_000 < available * basis_points


@given(st.integers(4_001, 10**12))
def test_the_target_is_never_above_the_trigger(window: int) -> None:
    try:
        limits = BudgetPolicy().limits(window)
    except PolicyError:  # a window so small that both round to the same token
        assert window < 4_010
        return

    assert limits.target_tokens < limits.compress_tokens
