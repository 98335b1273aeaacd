"""Before and after beside each other, and what is folded."""

from __future__ import annotations

import pytest

from tracker.pages.compressions.messages.hunks import (
    Stretch,
    folded,
    hunks_of,
    opened_of_kept,
)


def fates(*given):
    """`fates("kept:0", "dropped")`: a fate and its place in after."""
    made = []
    for index, text in enumerate(given):
        fate, _, at = text.partition(":")
        made.append(
            {"index": index, "fate": fate, "after_index": int(at) if at else None}
        )
    return made


def shape(hunks):
    return [(hunk.kind, hunk.before, hunk.after) for hunk in hunks]


def test_a_summary_stands_beside_what_it_replaced():
    hunks = hunks_of(fates("kept:0", "summarised", "dropped", "kept:2"), 3)

    assert shape(hunks) == [
        ("kept", [0], [0]),
        ("replaced", [1, 2], [1]),
        ("kept", [3], [2]),
    ]


def test_each_shortened_message_stands_alone():
    hunks = hunks_of(fates("shortened:0", "shortened:1"), 2)

    assert shape(hunks) == [("shortened", [0], [0]), ("shortened", [1], [1])]


def test_new_messages_go_to_the_stretch_before_what_follows_them():
    given = fates("dropped", "kept:1", "dropped", "kept:3")

    assert shape(hunks_of(given, 5)) == [
        ("replaced", [0], [0]),
        ("kept", [1], [1]),
        ("replaced", [2], [2, 4]),
        ("kept", [3], [3]),
    ]


def test_a_message_that_replaces_nothing_has_a_place_of_its_own():
    assert shape(hunks_of(fates("kept:1"), 2)) == [
        ("replaced", [], [0]),
        ("kept", [0], [1]),
    ]
    assert shape(hunks_of([], 1)) == [("replaced", [], [0])]
    assert hunks_of([], 0) == []


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        (set(), [Stretch(3, 8)]),
        ({3, 8}, [3, Stretch(4, 7), 8]),
        ({4}, [3, 4, Stretch(5, 8)]),
        (set(range(3, 9)), [3, 4, 5, 6, 7, 8]),
    ],
)
def test_what_is_not_opened_is_folded_unless_it_is_one(opened, expected):
    assert folded(range(3, 9), opened) == expected


def test_of_an_unchanged_run_its_ends_stay_open():
    assert opened_of_kept([1, 2], is_last=False) == {1, 2}
    assert opened_of_kept([1, 2, 3], is_last=False) == {1}
    assert opened_of_kept([1, 2, 3], is_last=True) == {1, 3}
