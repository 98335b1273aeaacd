from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.backtest import SessionHistory, Totals, compare, sum_up
from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.budget.replay import (
    BY_POLICY,
    COMPRESSION,
    SETS_GAUGE,
    Observation,
    Rule,
    replay,
    rule_of,
)

POLICY = BudgetPolicy()
OURS = COMPRESSION | SETS_GAUGE | BY_POLICY


def rule(**changes: object) -> Rule:
    found = rule_of(replace(POLICY, **changes), 200_000)
    assert found is not None
    return found


SAVED = rule()
LOWER = rule(compress=Threshold.percent(81))  # 158,760


def samples(*used: int) -> list[Observation]:
    return [(0, tokens, -1, 0) for tokens in used]


def compared(observations: list[Observation], tried: Rule | None, start: int = 0):
    history = SessionHistory(7, observations, start)
    return compare(history, saved=[SAVED], tried=[tried])


observation = st.tuples(
    st.sampled_from([0, 0, 0, 0, COMPRESSION, COMPRESSION | SETS_GAUGE, OURS]),
    st.integers(0, 220_000),
    st.integers(-1, 30),
    st.just(0),
)


def test_a_lower_threshold_compresses_earlier_and_leaves_out_what_follows():
    result = compared(samples(100_000, 159_000, 167_000, 190_000, 120_000), LOWER)

    assert result.saved == Totals(1, 1, 1, 0, 1, 167_000 - 117_600)
    assert result.tried == Totals(0, 1, 0, 0, 1, 159_000 - 117_600)
    assert (result.samples, result.left_out) == (5, 3)


def test_what_follows_is_known_again_once_the_session_fell_to_the_target():
    result = compared(samples(159_000, 165_000, 60_000, 157_000), LOWER)

    assert result.left_out == 1
    assert result.tried.warning == 1


def test_what_follows_is_known_again_after_a_compression():
    observations = [*samples(159_000, 165_000), (COMPRESSION, 0, -1, 0)]

    result = compared([*observations, *samples(130_000, 157_000)], LOWER)

    assert result.left_out == 1
    assert result.samples == 4


def test_advice_changes_nothing_so_nothing_is_left_out():
    advising = rule(compress=Threshold.percent(81), mode="advise")

    result = compared(samples(159_000, 167_000, 190_000), advising)

    assert result.left_out == 0
    assert result.tried == Totals(0, 1, 1, 0, 1, 159_000 - 117_600)


def test_a_compression_the_changed_policy_would_not_do_makes_the_rest_a_guess():
    higher = rule(compress=Threshold.percent(90))
    ours = [*samples(167_000), (OURS, 80_000, -1, 0), *samples(90_000, 100_000)]

    result = compared(ours, higher)

    assert result.left_out == 2
    assert result.saved.compressions == 1
    assert result.tried.compressions == 0


def test_a_compression_the_client_does_by_itself_happens_under_any_policy():
    higher = rule(compress=Threshold.percent(90))
    own = [*samples(167_000), (COMPRESSION, 80_000, -1, 0), *samples(90_000, 100_000)]

    assert compared(own, higher).left_out == 0


def test_a_session_already_due_under_both_is_followed_as_it_was():
    higher = rule(warning=Threshold.percent(70), compress=Threshold.percent(84))

    result = compared(samples(170_000, 190_000), higher)

    assert result.left_out == 0
    assert result.tried == replace(result.saved, tokens_to_free=170_000 - 117_600)


def test_only_what_lies_in_the_period_is_counted_but_all_is_replayed():
    result = compared(samples(160_000, 161_000, 170_000), SAVED, start=1)

    assert result.saved == Totals(0, 1, 0, 0, 1, 170_000 - 117_600)
    assert result.samples == 2


def test_a_larger_reserve_judges_the_session_differently():
    reserve = rule(reserved_tokens=20_000, mode="advise")

    result = sum_up([compared(samples(186_199), reserve)])

    [found] = result.judged_differently
    assert found.saved_fullest is not None and found.tried_fullest is not None
    assert (found.saved_fullest.level, found.saved_fullest.available_tokens) == (
        "compress",
        196_000,
    )
    assert (found.tried_fullest.level, found.tried_fullest.available_tokens) == (
        "exceeded",
        180_000,
    )


def test_a_policy_that_cannot_judge_a_window_says_so():
    result = compared(samples(100_000, 170_000), None)

    assert result.unjudged == 2
    assert result.tried == Totals()
    assert result.is_judged_differently


def test_sums_add_up_over_sessions():
    one, two = compared(samples(157_000), LOWER), compared(samples(197_000), LOWER)

    total = sum_up([one, two])

    assert (total.samples, total.saved) == (2, Totals(1, 0, 0, 1, 1, 79_400))
    assert total.judged_differently == []


@given(st.lists(observation, max_size=40), st.integers(0, 10))
def test_the_saved_policy_tried_again_changes_nothing(
    observations: list[Observation], start: int
):
    result = compared(observations, SAVED, min(start, len(observations)))

    assert result.saved == result.tried
    assert (result.left_out, result.unjudged) == (0, 0)
    assert not result.is_judged_differently


@given(st.lists(observation, max_size=40))
def test_the_counted_events_are_the_replayed_ones(observations: list[Observation]):
    rising = [
        e for e in replay(observations, [SAVED]).events if e.to_rank > e.from_rank
    ]

    saved = compared(observations, LOWER).saved

    assert saved.warning + saved.compress + saved.critical + saved.exceeded == len(
        rising
    )


@given(st.lists(observation, max_size=40), st.integers(61, 94), st.booleans())
def test_no_sample_is_counted_twice_or_invented(
    observations: list[Observation], percent: int, applies: bool
):
    tried = rule(
        warning=Threshold.percent(min(80, percent)),
        compress=Threshold.percent(percent),
        mode="apply" if applies else "advise",
    )

    result = compared(observations, tried)

    assert result.samples == sum(o[0] == 0 for o in observations)
    assert 0 <= result.left_out <= result.samples
