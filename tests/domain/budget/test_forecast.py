from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.forecast import FURTHEST_TURNS, MIN_STEPS, Moment, forecast
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.reports import Parts

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
LIMITS = BudgetPolicy().limits(200_000)


def moments(used: list[int], *, seconds: float = 30) -> list[Moment]:
    return [
        Moment(START + timedelta(seconds=seconds * i), tokens, Parts(history=tokens))
        for i, tokens in enumerate(used)
    ]


def test_a_steady_pace_gives_the_exact_turns_and_minutes():
    told = forecast(moments([100_000 + 1_000 * i for i in range(21)]), LIMITS)

    assert told.silent == ""
    assert told.pace_tokens == 1_000
    assert told.next is not None
    assert (told.next.level, told.next.tokens_left) == ("warning", 36_800)
    assert (told.next.turns, told.next.turns_low, told.next.turns_high) == (37, 36, 37)
    assert round(told.next.minutes, 1) == 18.4
    assert [r.level for r in told.reaches] == [
        "warning",
        "compress",
        "critical",
        "exceeded",
    ]


def test_too_short_a_history_says_nothing():
    told = forecast(moments([1_000 * i for i in range(MIN_STEPS)]), LIMITS)

    assert told.silent == "history"
    assert told.next is None


def test_one_more_turn_is_enough():
    told = forecast(moments([1_000 * i for i in range(MIN_STEPS + 1)]), LIMITS)

    assert told.silent == ""


def test_no_sample_at_all_says_nothing():
    assert forecast([], LIMITS).silent == "history"


def test_a_session_that_does_not_grow_says_nothing():
    told = forecast(moments([100_000 - 10 * i for i in range(20)]), LIMITS)

    assert told.silent == "pace"


def test_a_fall_begins_the_history_anew():
    before = [20_000 * i for i in range(9)]
    after = [40_000 + 500 * i for i in range(12)]

    told = forecast(moments(before + after), LIMITS)

    assert told.steps == 11
    assert told.pace_tokens == 500


def test_what_was_before_the_last_compression_is_not_counted():
    series = moments([50_000 + 2_000 * i for i in range(20)])

    told = forecast(series, LIMITS, compressed_at=series[15].at)

    assert (told.silent, told.steps) == ("history", 3)


def test_a_level_already_reached_is_not_told_again():
    told = forecast(moments([150_000 + 1_000 * i for i in range(15)]), LIMITS)

    assert [r.level for r in told.reaches] == ["compress", "critical", "exceeded"]


def test_a_threshold_beyond_every_measurement_is_not_told():
    told = forecast(moments([10_000 + 10 * i for i in range(20)]), LIMITS)

    assert told.silent == "" and told.reaches == ()


def test_the_gauge_may_show_another_number_than_the_newest_sample():
    told = forecast(
        moments([100_000 + 1_000 * i for i in range(21)]), LIMITS, used_tokens=110_000
    )

    assert told.next is not None and told.next.tokens_left == 46_800


def test_a_pause_is_not_part_of_the_pace():
    series = moments([1_000 * i for i in range(21)])
    late = [Moment(m.at + timedelta(hours=9), m.used_tokens) for m in series[10:]]

    told = forecast(series[:10] + late, LIMITS)

    assert 30 < told.seconds_per_turn < 60


def test_the_cause_of_a_jump_is_the_part_that_grew_most():
    used = [50_000 + 500 * i for i in range(12)]
    series = moments(used)
    series += [
        Moment(
            START + timedelta(minutes=20),
            used[-1] + 12_000,
            Parts(history=used[-1], tools=12_000),
        )
    ]

    jump = forecast(series, LIMITS).jump

    assert jump is not None
    assert (jump.tokens, jump.cause, jump.cause_tokens) == (12_000, "tools", 12_000)
    assert jump.at == START + timedelta(minutes=20)


def test_an_answer_that_comes_into_the_window_is_named_as_the_cause():
    series = moments([50_000 + 500 * i for i in range(12)])
    last = series[-1]
    series[-1] = Moment(last.at, last.used_tokens, last.parts, output_tokens=9_000)
    grown = last.used_tokens + 10_000
    series.append(Moment(last.at, grown, Parts(history=grown)))

    jump = forecast(series, LIMITS).jump

    assert jump is not None
    assert (jump.tokens, jump.cause, jump.cause_tokens) == (10_000, "answer", 9_000)


def test_an_even_growth_has_no_jump():
    assert forecast(moments([1_000 * i for i in range(30)]), LIMITS).jump is None


def test_wild_growth_may_never_arrive_and_says_so():
    used = [10_000]
    for i in range(10):
        used.append(used[-1] + (30_000 if i == 9 else 0))

    told = forecast(moments(used), LIMITS)

    assert told.next is not None and told.next.turns_high is None


@given(st.lists(st.integers(0, 400_000), max_size=60), st.integers(1, 300_000))
def test_any_history_gives_an_ordered_answer(used: list[int], window: int):
    limits = BudgetPolicy(reserved_tokens=0).limits(window)

    told = forecast(moments(used), limits)

    assert (told.silent == "") == (told.pace_tokens > 0)
    for reach in told.reaches:
        assert 1 <= reach.turns_low <= reach.turns <= FURTHEST_TURNS
        assert reach.turns_high is None or reach.turns <= reach.turns_high
        assert reach.tokens_left > 0 and reach.minutes >= 0
    turns = [reach.turns for reach in told.reaches]
    assert turns == sorted(turns)
