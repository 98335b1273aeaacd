"""Where a summary goes, and what must be kept for it."""

from __future__ import annotations

import pytest

from tracker.domain.compression.plans.borders import kept_indices, must_alternate
from tracker.domain.compression.plans.placement import place_summary
from tracker.domain.conversation.messages import read_messages


def read(roles, **special):
    """`u` user, `a` assistant, `s` system, `P` pinned user, `c` call, `r` result."""
    messages = []
    for at, letter in enumerate(roles):
        role = {"u": "user", "P": "user", "r": "user", "s": "system"}.get(
            letter, "assistant"
        )
        content = [{"type": "text", "text": f"{letter}{at}"}]
        if letter == "c":
            content = [{"type": "tool_use", "id": f"t{at}", "name": "f", "input": {}}]
        if letter == "r":
            content = [
                {"type": "tool_result", "tool_use_id": f"t{at - 1}", "content": "x"}
            ]
        message = {"role": role, "content": content}
        if letter == "P":
            message["pinned"] = True
        messages.append(message)
    return read_messages(messages)


@pytest.mark.parametrize(
    ("roles", "kept"),
    [
        ("uauauauauaua", {0, 1, 6, 7, 8, 9, 10, 11}),
        ("suauauauauau", {0, 1, 2, 6, 7, 8, 9, 10, 11}),
        ("uauPuauauaua", {0, 1, 3, 6, 7, 8, 9, 10, 11}),
        ("ucrauauauauaua", {0, 1, 2, 8, 9, 10, 11, 12, 13}),
        ("uauaucrauaua", {0, 1, 5, 6, 7, 8, 9, 10, 11}),
        ("uaua", {0, 1, 2, 3}),
        ("", set()),
    ],
)
def test_first_two_last_six_whole_groups_pins_and_system(roles, kept):
    assert kept_indices(read(roles), keep_first=2, keep_last=6) == kept


def test_nothing_first_and_last_keeps_what_is_pinned():
    assert kept_indices(read("uaPau"), keep_first=0, keep_last=0) == {2}


def test_earlier_summaries_are_neither_first_nor_last():
    messages = read("uauauauaua")

    kept = kept_indices(messages, keep_first=2, keep_last=2, summaries={1})

    assert kept == {0, 2, 8, 9}


def test_a_pinned_orphan_is_kept_because_it_is_pinned():
    messages = read_messages(
        [
            {"role": "tool", "tool_call_id": "x", "content": "1", "pinned": True},
            {"role": "tool", "tool_call_id": "y", "content": "2"},
        ]
    )

    assert kept_indices(messages, keep_first=2, keep_last=0) == {0}


@pytest.mark.parametrize(
    ("messages", "alternates"),
    [
        (
            [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
            False,
        ),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}]}], False),
        ([{"role": "assistant", "content": [{"type": "text", "text": "x"}]}], True),
        ([{"role": "tool", "tool_call_id": "a", "content": "x"}], False),
        (
            [
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "a"}],
                }
            ],
            True,
        ),
    ],
)
def test_blocks_of_an_assistant_make_anthropic_s_shape(messages, alternates):
    assert must_alternate(read_messages(messages)) is alternates


@pytest.mark.parametrize(
    ("roles", "kept", "expected"),
    [
        # neighbours assistant, user: into the user's message behind it
        ("uauaua", {0, 1, 4, 5}, ({0, 1, 4, 5}, 4, "next")),
        # user, assistant: into the user's message before it
        ("uauaua", {0, 3, 4, 5}, ({0, 3, 4, 5}, 0, "previous")),
        # two assistants: between them
        ("uauaua", {0, 1, 3, 4, 5}, ({0, 1, 3, 4, 5}, 3, "own")),
        # two users: one more assistant is kept to part them
        ("uauauaua", {0, 4, 5, 6, 7}, ({0, 3, 4, 5, 6, 7}, 0, "previous")),
        # nothing before it
        ("uauaua", {2, 3, 4, 5}, ({2, 3, 4, 5}, 2, "next")),
        ("uauaua", {3, 4, 5}, ({3, 4, 5}, 3, "own")),
        # nothing behind it
        ("uauaua", {0, 1}, ({0, 1}, 6, "own")),
        ("uauauau", {0}, ({0}, 0, "previous")),
        # a pinned neighbour is not touched: an assistant is kept between
        ("uauaPaua", {0, 1, 4, 5, 6, 7}, ({0, 1, 3, 4, 5, 6, 7}, 3, "own")),
        # results come first in their message, so the summary goes behind them
        ("ucrauaua", {0, 1, 2, 5, 6, 7}, ({0, 1, 2, 5, 6, 7}, 2, "previous")),
        ("uauaua", set(range(6)), (set(range(6)), -1, "none")),
    ],
)
def test_roles_alternate_around_the_summary(roles, kept, expected):
    place = place_summary(read(roles), kept, alternate=True)

    assert (set(place.kept), place.at, place.way) == expected


def test_where_roles_are_free_it_stands_alone_behind_the_removed():
    place = place_summary(read("uaPauaua"), {0, 1, 2, 6, 7}, alternate=False)

    assert (set(place.kept), place.at, place.way) == ({0, 1, 2, 6, 7}, 6, "own")


def test_a_group_is_kept_whole_when_it_must_part():
    messages = read("uauaucrPua")

    place = place_summary(messages, {0, 1, 7, 8, 9}, alternate=True)

    assert {5, 6} <= place.kept or not {5, 6} & place.kept


def test_system_messages_stand_in_nobody_s_way():
    place = place_summary(read("uasuaua"), {0, 1, 2, 5, 6}, alternate=True)

    assert (place.at, place.way) == (5, "next")


def test_two_users_behind_each_other_stay_so_where_nothing_can_part_them():
    """The client sent them like that: its provider takes it."""
    place = place_summary(read("uPuPu"), {1, 3}, alternate=True)

    assert (set(place.kept), place.at, place.way) == ({1, 3}, 5, "own")


def test_between_an_assistant_and_a_pinned_user_without_another_it_stands_alone():
    place = place_summary(read("auP"), {0, 2}, alternate=True)

    assert (set(place.kept), place.at, place.way) == ({0, 2}, 2, "own")
