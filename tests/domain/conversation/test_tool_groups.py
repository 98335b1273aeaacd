"""Calls and results that belong together."""

from __future__ import annotations

from tests.domain.small_talk import assistant, calls, result, user
from tracker.domain.conversation.messages import read_messages
from tracker.domain.conversation.tool_groups import (
    orphan_results,
    tool_groups,
    unanswered_calls,
)


def test_a_call_takes_all_its_results_with_it():
    read = read_messages(
        [user("x"), calls("a", "b"), result("b"), result("a"), user("y")]
    )

    assert tool_groups(read) == [range(1), range(1, 4), range(4, 5)]
    assert orphan_results(read) == unanswered_calls(read) == frozenset()


def test_reused_ids_join_no_two_turns():
    turn = [calls("call_1"), result("call_1"), assistant("ok")]

    groups = tool_groups(read_messages(turn * 3))

    assert [len(group) for group in groups] == [2, 1] * 3


def test_results_away_from_their_call_are_orphans():
    read = read_messages([calls("a", "b"), result("a"), user("wait"), result("b")])

    assert tool_groups(read) == [range(2), range(2, 3), range(3, 4)]
    assert orphan_results(read) == {3}
    assert unanswered_calls(read) == {0}


def test_a_message_with_a_foreign_result_beside_its_own_is_an_orphan():
    blocks = [
        {"type": "tool_result", "tool_use_id": i, "content": "x"} for i in ("a", "zz")
    ]
    read = read_messages(
        [
            assistant([{"type": "tool_use", "id": "a", "name": "f", "input": {}}]),
            user(blocks),
        ]
    )

    assert orphan_results(read) == {1}


def test_nothing_has_no_groups():
    assert tool_groups(()) == []
