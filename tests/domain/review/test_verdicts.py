"""What the review of a compression finds bad, and at which numbers."""

from __future__ import annotations

import pytest

from tests.domain.review.webhook_talk import BEFORE
from tests.domain.small_talk import assistant, talk, user
from tracker.domain.review.reliability import score_meaning
from tracker.domain.review.retention import review_compression


@pytest.mark.parametrize(
    ("before", "after"), [(None, None), ([], []), (None, talk(1)), (talk(1), None)]
)
def test_without_both_sides_only_the_numbers_are_judged(before, after):
    review = review_compression(
        before, after, before_tokens=9_000, after_tokens=9_500, target_tokens=5_000
    )

    assert (review.score, review.fates, review.facts) == (None, (), ())
    assert [verdict.code for verdict in review.verdicts][:2] == [
        "larger_than_source",
        "target_missed",
    ]
    assert "unknown" in score_meaning(review.score)


def codes(**changes):
    known = {"before_tokens": 10_000, "after_tokens": 5_000, "target_tokens": 6_000}
    review = review_compression(None, None, **(known | changes))
    return [verdict.code for verdict in review.verdicts]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"after_tokens": 6_001}, ["target_missed"]),
        ({"after_tokens": 6_000}, []),
        ({"after_tokens": 2_999}, ["far_below_target"]),
        ({"after_tokens": 10_000}, ["larger_than_source", "target_missed"]),
        ({"after_tokens": 9_500, "target_tokens": None}, ["thrash"]),
        ({"after_tokens": 9_000, "target_tokens": None}, []),
        ({"seconds_since_compression": 59}, ["thrash"]),
        ({"seconds_since_compression": 60}, []),
        ({"before_tokens": None}, []),
        ({"after_tokens": None}, []),
    ],
)
def test_numbers_are_judged_at_their_borders(changes, found):
    assert codes(**changes) == found


def test_removed_messages_without_a_summary_are_bad():
    review = review_compression(talk(4), talk(4)[-2:])

    assert [verdict.code for verdict in review.verdicts][:1] == ["empty_summary"]


def test_a_split_pair_is_bad_but_a_call_in_flight_is_not():
    split = review_compression(BEFORE, [user("sum"), BEFORE[3], BEFORE[2], BEFORE[5]])
    flight = review_compression(BEFORE, [user("sum"), BEFORE[2]])

    assert "pair_split" in {verdict.code for verdict in split.verdicts}
    assert "pair_split" not in {verdict.code for verdict in flight.verdicts}


def test_long_and_many_lost_instructions_are_told_shortly():
    before = [user(f"You must never do thing {n} " + "x" * 150) for n in range(3)]

    review = review_compression(before, [assistant("gone")])

    [verdict] = [v for v in review.verdicts if v.code == "instructions_lost"]
    assert verdict.text.startswith("3 instructions lost")
    assert "…" in verdict.text
