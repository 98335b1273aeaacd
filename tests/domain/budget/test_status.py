"""How full, which level, what to do, what was just crossed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.policy import BudgetPolicy, PolicyError, Threshold
from tracker.domain.budget.status import (
    LEVEL_RANK,
    crossing,
    evaluate,
    level_of,
    percent_text,
)
from tracker.domain.reports import Parts

POLICY = BudgetPolicy()
LIMITS = POLICY.limits(200_000)
used_numbers = st.integers(0, 400_000)


@pytest.mark.parametrize(
    ("used", "level", "action"),
    [
        (0, "ok", "none"),
        (156_799, "ok", "none"),
        (156_800, "warning", "warn"),
        (156_801, "warning", "warn"),
        (166_599, "warning", "warn"),
        (166_600, "compress", "compress"),
        (166_601, "compress", "compress"),
        (186_199, "compress", "compress"),
        (186_200, "critical", "force_compress"),
        (186_201, "critical", "force_compress"),
        (195_999, "critical", "force_compress"),
        (196_000, "critical", "force_compress"),
        (196_001, "exceeded", "compress_now"),
        (10**12, "exceeded", "compress_now"),
    ],
)
def test_each_threshold_is_exact_on_both_sides(
    used: int, level: str, action: str
) -> None:
    status = evaluate(POLICY, used)

    assert (status.level, status.action) == (level, action)
    assert status.should_compress == (used >= 166_600)
    assert status.reasons == (("budget",) if used >= 166_600 else ())


def test_negative_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        evaluate(POLICY, -1)


def test_a_window_that_the_reserve_swallows_is_refused() -> None:
    with pytest.raises(PolicyError):
        evaluate(POLICY, 1, window_tokens=4_000)


def test_the_numbers_of_the_contracts_example() -> None:
    status = evaluate(POLICY, 163_072, message_count=18)

    assert status.remaining_tokens == 32_928
    assert status.used_ratio == 0.832
    assert status.tokens_to_free == 0
    assert status.warning == (
        "83.2 % of 196,000 available tokens used; 3,528 more until compression "
        "becomes due at 85 %."
    )
    assert status.as_dict()["parts"]["history"] == 163_072


@pytest.mark.parametrize(
    ("messages", "used", "reasons", "action"),
    [
        (20, 10, (), "none"),
        (21, 10, ("messages",), "compress"),
        (21, 160_000, ("messages",), "compress"),
        (21, 170_000, ("messages", "budget"), "compress"),
        (21, 190_000, ("messages", "budget"), "force_compress"),
        (None, 10, (), "none"),
    ],
)
def test_more_than_twenty_messages_ask_for_compression(
    messages: int | None, used: int, reasons: tuple[str, ...], action: str
) -> None:
    status = evaluate(POLICY, used, message_count=messages)

    assert status.reasons == reasons
    assert status.action == action
    assert status.should_compress == bool(reasons)


def test_tokens_to_free_reach_down_to_the_target() -> None:
    assert evaluate(POLICY, 166_600).tokens_to_free == 166_600 - 117_600
    assert evaluate(POLICY, 10, message_count=30).tokens_to_free == 0


@pytest.mark.parametrize(
    ("used", "says"),
    [
        (156_799, None),
        (166_600, "used. Compression is due: free 49,000 tokens to reach 60 %."),
        (186_200, "9,800 left. Compress now: free 68,600 tokens to reach 60 %."),
        (196_001, "1 too many. Compress now: free 78,401 tokens to reach 60 %."),
    ],
)
def test_the_warning_says_what_happens_next(used: int, says: str | None) -> None:
    warning = evaluate(POLICY, used).warning

    assert (warning is None) if says is None else (warning or "").endswith(says)


def test_many_messages_are_said_also_below_every_threshold() -> None:
    assert evaluate(POLICY, 19_600, message_count=21).warning == (
        "10.0 % of 196,000 available tokens used. 21 messages, more than 20: "
        "compression is due."
    )


def test_percentages_are_rounded_down() -> None:
    assert percent_text(156_799, 196_000) == "79.9 %"
    assert percent_text(0, 196_000) == "0.0 %"
    assert percent_text(2_000, 100) == "2,000.0 %"


def test_one_event_even_over_several_levels() -> None:
    assert crossing("ok", 196_001, LIMITS) == ("ok", "exceeded")
    assert crossing("exceeded", 0, LIMITS) == ("exceeded", "ok")


@pytest.mark.parametrize(
    ("level", "used", "expected"),
    [
        ("compress", 166_600, None),
        ("compress", 166_599, None),  # a margin below is 162,680
        ("compress", 162_680, None),
        ("compress", 162_679, ("compress", "warning")),
        ("warning", 152_880, None),
        ("warning", 152_879, ("warning", "ok")),
        ("critical", 170_000, ("critical", "compress")),
        ("exceeded", 192_081, None),  # 192,081 + 3,920 is over 196,000 still
        ("exceeded", 192_080, ("exceeded", "critical")),
    ],
)
def test_falling_fires_only_a_margin_below(
    level: str, used: int, expected: tuple[str, str] | None
) -> None:
    assert crossing(level, used, LIMITS) == expected


def test_a_session_that_trembles_at_a_threshold_fires_once() -> None:
    level, fired = "ok", []
    for used in [166_599, 166_600, 166_599, 166_601, 163_000, 166_700] * 10:
        event = crossing(level, used, LIMITS)
        if event:
            fired.append(event)
            level = event[1]

    assert fired == [("ok", "warning"), ("warning", "compress")]


@given(used_numbers, used_numbers)
def test_levels_rise_with_tokens(a: int, b: int) -> None:
    low, high = sorted((a, b))

    assert LEVEL_RANK[level_of(low, LIMITS)] <= LEVEL_RANK[level_of(high, LIMITS)]


@given(used_numbers, st.sampled_from(sorted(LEVEL_RANK)))
def test_an_event_always_changes_the_level_and_settles(used: int, level: str) -> None:
    event = crossing(level, used, LIMITS)

    if event is None:
        return
    assert event[0] == level != event[1]
    assert crossing(event[1], used, LIMITS) is None


@given(st.lists(used_numbers, max_size=60))
def test_events_of_any_walk_join_end_to_end(walk: list[int]) -> None:
    level, events = "ok", []
    for used in walk:
        event = crossing(level, used, LIMITS)
        if event:
            events.append(event)
            level = event[1]
        # What is shown never stands above what the last event said.
        assert LEVEL_RANK[level_of(used, LIMITS)] <= LEVEL_RANK[level]

    chain = ["ok", *(to for _, to in events)]
    assert [origin for origin, _ in events] == chain[:-1]


@given(
    st.integers(0, 10**12),
    st.integers(4_100, 10**12),
    st.integers(0, 10_000),
)
def test_the_judgement_agrees_with_exact_arithmetic(
    used: int, window: int, share: int
) -> None:
    policy = BudgetPolicy(
        warning=Threshold(basis_points=min(share, 8_500)),
        target=Threshold(basis_points=1),
    )
    available = window - 4_000
    status = evaluate(policy, used, window_tokens=window)

    assert (status.level == "exceeded") == (used > available)
    assert (status.level == "ok") == (used * 10_000 < available * min(share, 8_500))
    assert status.should_compress == (used * 100 >= available * 85)


def test_parts_default_to_history() -> None:
    assert evaluate(POLICY, 7).parts == Parts(history=7)
