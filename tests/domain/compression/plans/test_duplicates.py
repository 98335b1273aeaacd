"""A tool result that comes again is told once; the others point at it."""

from __future__ import annotations

from tests.domain.compression.planned import LISTING, plan_for
from tests.domain.small_talk import (
    assistant,
    calls,
    chat,
    result,
    user,
)
from tracker.domain.compression.plans.plan import apply_plan


def test_repeated_results_become_pointers_and_that_may_be_enough():
    messages = [user("read it")]
    for turn in ("a", "b", "c"):
        messages += [calls(turn), result(turn, LISTING), assistant(f"Read {turn}.")]

    plan = plan_for(messages, 60)
    out = apply_plan(plan, messages)

    assert plan.tiers == ("duplicates",)
    assert plan.is_met
    assert plan.summary_way == "none"
    assert [plan.fates[at] for at in (2, 5, 8)] == ["shortened", "shortened", "kept"]
    assert out[2] == result("a", "[same as result c, below]")
    assert out[8] is messages[8]


def test_a_pinned_or_short_repetition_is_left_alone():
    messages = [
        calls("a"),
        {**result("a", LISTING), "pinned": True},
        calls("b"),
        result("b", LISTING),
        calls("c"),
        result("c", "ok"),
        calls("d"),
        result("d", "ok"),
    ]

    plan = plan_for(messages, 90)

    assert plan.fates[1] == "kept"
    assert "duplicates" not in plan.tiers


def test_pointers_only_point_at_what_stays():
    """The newest copy is in the middle: an older one in front of it keeps its text."""
    messages = [calls("a"), result("a", LISTING), calls("b"), result("b", LISTING)]
    messages += chat(200)

    plan = plan_for(messages, 50)
    out = apply_plan(plan, messages)

    assert out[1] is messages[1]
    assert plan.fates[:2] == ("kept", "kept")


def test_a_repetition_in_the_middle_is_not_summarised_twice():
    middle = [calls("a"), result("a", LISTING), assistant("hm")]
    middle += [calls("b"), result("b", LISTING), assistant("ok")]
    messages = [*chat(1), *middle, *chat(60, start=1)]

    plan = plan_for(messages, 80)

    assert plan.summary.count("sku_117 ") <= 1


def test_repeated_results_among_the_kept_ones_point_even_beside_a_summary():
    messages = [calls("a"), result("a", LISTING), *chat(60)]
    messages += [calls("b"), result("b", LISTING), assistant("Same.")]

    plan = plan_for(messages, 40)

    assert plan.tiers[:2] == ("duplicates", "summary")
    assert plan.fates[1] == "shortened"
