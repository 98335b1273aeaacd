"""Which messages belong together: a tool call and the results that answer it."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.domain.conversation.messages import Message


def tool_groups(messages: Sequence[Message]) -> list[range]:
    """The messages cut into atomic runs, in order, none left out.

    A run is one message, or an assistant's calls with the results directly behind
    them: providers accept an answer nowhere else, so ids that appear again later
    (some clients reuse `call_1`) never join two turns.
    """
    groups: list[range] = []
    at = 0
    while at < len(messages):
        end = at + 1
        waiting = set(messages[at].call_ids)
        while waiting and end < len(messages):
            answered = waiting.intersection(messages[end].result_ids)
            if not answered:
                break
            waiting -= answered
            end += 1
        groups.append(range(at, end))
        at = end
    return groups


def orphan_results(messages: Sequence[Message]) -> frozenset[int]:
    """Messages holding a tool result whose call is not directly before it."""
    orphans = set()
    for group in tool_groups(messages):
        open_ids = set(messages[group[0]].call_ids)
        for at in group:
            if not open_ids.issuperset(messages[at].result_ids):
                orphans.add(at)
    return frozenset(orphans)


def unanswered_calls(messages: Sequence[Message]) -> frozenset[int]:
    """Messages with a call that is not answered directly behind it."""
    unanswered = set()
    for group in tool_groups(messages):
        answered = {call for at in group for call in messages[at].result_ids}
        if not answered.issuperset(messages[group[0]].call_ids):
            unanswered.add(group[0])
    return frozenset(unanswered)
