"""What a plan makes of the summaries that earlier compressions left."""

from __future__ import annotations

import json

from tests.domain.compression.planned import plan_for, size
from tests.domain.small_talk import (
    assistant,
    chat,
    talk,
    user,
)
from tracker.domain.compression.plans.plan import apply_plan
from tracker.domain.compression.plans.plan_draft import PlanRules
from tracker.domain.compression.plans.planning import plan_compression
from tracker.domain.compression.summary.middle import numbered_originals
from tracker.domain.compression.summary.summary_lines import SummaryLine, frame_summary


def test_only_an_earlier_summary_in_the_middle_is_left_as_it_is():
    messages = talk(30)
    first = plan_for(messages, 50)
    out = apply_plan(first, messages)

    again = plan_compression(
        out, PlanRules(target_tokens=size(out), must_summarise=True)
    )

    assert not again.changes_anything
    assert again.fates[2] == "kept"


def test_an_earlier_summary_shrinks_for_a_smaller_window():
    messages = chat(200)
    out = apply_plan(plan_for(messages, 60), messages)

    smaller = plan_for(out, 50)

    assert smaller.is_met
    assert smaller.summary.startswith('<earlier messages="3-394">')
    assert {line.kind for line in smaller.lines} == {"earlier"}


def test_a_summary_inside_a_kept_message_moves_with_the_next_compression():
    messages = [
        {**m, "content": [{"type": "text", "text": m["content"]}]} for m in chat(100)
    ]
    first = apply_plan(plan_for(messages, 50), messages)
    grown = first + [
        {**m, "content": [{"type": "text", "text": m["content"]}]}
        for m in chat(40, start=500)
    ]

    plan = plan_for(grown, 60)
    second = apply_plan(plan, grown)

    assert json.dumps(second).count("<earlier messages=") == 1
    assert plan.summary.startswith('<earlier messages="3-274">')
    assert second[:2] == messages[:2]


def test_a_summary_inside_the_first_messages_is_taken_out_and_put_back():
    """Behind a tool result of the head there is no other place for it."""
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    answer = {"type": "tool_result", "tool_use_id": "t", "content": "42"}
    head = [user("start"), assistant([use]), user([answer])]

    def blocks(messages):
        return [
            {**m, "content": [{"type": "text", "text": m["content"]}]} for m in messages
        ]

    messages = [*head, *blocks(chat(100)[1:])]
    first = apply_plan(plan_for(messages, 50), messages)
    assert len(first[2]["content"]) == 2
    grown = [*first, *blocks(chat(100, start=500))]

    plan = plan_for(grown, 50)
    second = apply_plan(plan, grown)

    assert second[2]["content"][0] == answer
    assert json.dumps(second).count("<earlier messages=") == 1
    assert plan.fates[2] == "kept"


def test_originals_that_are_pinned_or_system_are_not_told_again():
    before = [*talk(3, words=5), user("the pinned note", pinned=True)]
    before += [{"role": "system", "content": "the system note"}, *talk(2, start=9)]
    lines = [
        SummaryLine(3, "user", "old line", (0,)),
        SummaryLine(4, "user", "told again", (0,)),
    ]
    earlier = user(frame_summary(lines, first=3, last=8))
    messages = [*before[:2], earlier, *chat(200, start=20)]
    known = numbered_originals([before])
    del known[3]

    plan = plan_compression(messages, PlanRules(target_tokens=3_000), originals=known)

    assert "pinned note" not in plan.summary
    assert "system note" not in plan.summary
    assert "[3U] old line" in plan.summary
    assert "told again" not in plan.summary
