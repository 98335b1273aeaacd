from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.budget.replay import (
    COMPRESSION,
    SETS_GAUGE,
    Due,
    Observation,
    fullest,
    rank_of,
    replay,
    rule_of,
)
from tracker.domain.budget.status import LEVEL_RANK, LEVELS, crossing, level_of

POLICY = BudgetPolicy()
RULE = rule_of(POLICY, 200_000)
assert RULE is not None
W, C, K, A = 156_800, 166_600, 186_200, 196_000

policies = st.builds(
    lambda reserve, shares, margin, target: BudgetPolicy(
        window_tokens=1_000,
        reserved_tokens=reserve,
        warning=Threshold(basis_points=shares[0]),
        compress=Threshold(basis_points=shares[1]),
        critical=Threshold(basis_points=shares[2]),
        margin=Threshold(basis_points=margin),
        target=Threshold(basis_points=target),
    ),
    st.integers(0, 500),
    st.lists(st.integers(3_000, 10_000), min_size=3, max_size=3).map(sorted),
    st.integers(0, 1_500),
    st.integers(0, 2_000),
)


def samples(*used: int) -> list[Observation]:
    return [(0, tokens, -1, 0) for tokens in used]


def words(observations: list[Observation]) -> list[tuple[int, str, str]]:
    events = replay(observations, [RULE]).events
    return [(e.at, LEVELS[e.from_rank], LEVELS[e.to_rank]) for e in events]


@pytest.mark.parametrize(
    ("used", "events"),
    [
        ((W - 1,), []),
        ((W,), [(0, "ok", "warning")]),
        ((W - 1, C), [(1, "ok", "compress")]),
        ((A, A + 1), [(0, "ok", "critical"), (1, "critical", "exceeded")]),
        ((W, W - 3_920, W), [(0, "ok", "warning")]),  # exactly the margin below
        ((W, W - 3_921), [(0, "ok", "warning"), (1, "warning", "ok")]),
        ((K, C + 10), [(0, "ok", "critical"), (1, "critical", "compress")]),
    ],
)
def test_golden_events_at_the_borders(
    used: tuple[int, ...], events: list[tuple[int, str, str]]
):
    assert words(samples(*used)) == events


def test_a_compression_that_set_the_gauge_is_judged_like_a_sample():
    observations = [*samples(C), (COMPRESSION | SETS_GAUGE, 50_000, -1, 0)]

    assert words(observations) == [(0, "ok", "compress"), (1, "compress", "ok")]


def test_a_compression_that_did_not_set_the_gauge_is_no_number():
    observations = [*samples(C), (COMPRESSION, 50_000, -1, 0), *samples(C)]

    assert words(observations) == [(0, "ok", "compress")]


def test_a_compression_ends_what_was_due():
    observations = [*samples(W, C, K), (COMPRESSION, 50_000, -1, 0), *samples(C)]

    assert replay(observations, [RULE]).dues == [Due(1, 3), Due(4, 5)]


def test_falling_by_the_margin_ends_what_was_due():
    margin = 3_920

    assert replay(samples(C, C - margin, C), [RULE]).dues == [Due(0, 3)]
    assert replay(samples(C, C - margin - 1, C), [RULE]).dues == [Due(0, 1), Due(2, 3)]


def test_too_many_messages_make_a_compression_due_at_any_fill():
    observations = [(0, 10, 20, 0), (0, 11, 21, 0), (0, 12, 3, 0)]

    track = replay(observations, [RULE])

    assert track.dues == [Due(1, 2)]
    assert track.events == []


def test_a_window_the_policy_does_not_fit_into_is_counted_not_judged():
    tiny = rule_of(POLICY, 4_000)

    track = replay([(0, 3_000, -1, 0), (0, W, -1, 1)], [tiny, RULE])

    assert tiny is None
    assert track.unjudged == 1
    assert [event.at for event in track.events] == [1]


@given(policies, st.integers(0, 1_200))
def test_ranks_are_the_budgets_levels(policy: BudgetPolicy, used: int):
    rule = rule_of(policy, 1_000)
    assert rule is not None

    assert LEVELS[rank_of(used, rule)] == level_of(used, policy.limits(1_000))


@given(policies, st.lists(st.integers(0, 1_200), max_size=40))
def test_replay_fires_exactly_the_budgets_crossings(
    policy: BudgetPolicy, used: list[int]
):
    limits, level, expected = policy.limits(1_000), "ok", []
    for at, tokens in enumerate(used):
        crossed = crossing(level, tokens, limits)
        if crossed:
            expected.append((at, LEVEL_RANK[level], LEVEL_RANK[crossed[1]]))
            level = crossed[1]

    assert replay(samples(*used), [rule_of(policy, 1_000)]).events == expected


@given(policies, st.lists(st.integers(0, 1_200), min_size=1, max_size=40))
def test_the_fullest_moment_is_the_worst_level_with_the_most_tokens(
    policy: BudgetPolicy, used: list[int]
):
    rule = rule_of(policy, 1_000)
    assert rule is not None

    worst = fullest(samples(*used), [rule])

    assert worst is not None
    assert worst.used_tokens == max(used)
    assert worst.level == level_of(max(used), policy.limits(1_000))


def test_the_fullest_moment_prefers_the_worse_level_to_more_tokens():
    small = rule_of(POLICY, 104_000)

    worst = fullest([(0, 99_000, -1, 1), (0, 120_000, -1, 0)], [RULE, small])

    assert worst is not None and (worst.used_tokens, worst.level) == (
        99_000,
        "critical",
    )


def test_a_session_without_samples_has_no_fullest_moment():
    assert fullest([(COMPRESSION, 10, -1, 0)], [RULE]) is None
