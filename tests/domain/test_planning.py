"""The tiers of a plan, one after the other."""

from __future__ import annotations

import json

import pytest

from tests.domain.small_talk import (
    assistant,
    calls,
    chat,
    result,
    talk,
    user,
)
from tracker.domain.compression_plan import apply_plan
from tracker.domain.measure import Measure
from tracker.domain.middle import numbered_originals
from tracker.domain.plan_draft import PlanRules
from tracker.domain.planning import plan_compression
from tracker.domain.summarising import Summary
from tracker.domain.summary_lines import SummaryLine, frame_summary

LISTING = "\n".join(f"row {n}: sku_{n} costs {n * 7}" for n in range(120))


def size(messages):
    return sum(map(Measure().message, messages))


def plan_for(messages, share, **changes):
    target = size(messages) * share // 100
    return plan_compression(messages, PlanRules(target_tokens=target, **changes))


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

    assert plan.fates[3] == "dropped"
    assert plan.summary.count("sku_117 ") <= 1


def test_chat_is_squeezed_only_when_it_does_not_fit():
    messages = chat(60)

    loose = plan_for(messages, 97)
    tight = plan_for(messages, 50)

    assert "squeeze" in tight.tiers
    assert "I was" not in tight.summary
    assert loose.tiers[0] == "summary"


def test_a_huge_kept_result_is_clipped_last_and_the_middle_still_gets_its_share():
    messages = [*talk(20), calls("z"), result("z", LISTING * 40)]

    plan = plan_for(messages, 10)

    assert plan.tiers == ("summary", "clip")
    assert plan.is_met
    assert plan.lines
    assert plan.fates[-1] == "shortened"


def test_what_cannot_be_met_is_said_with_the_reason():
    messages = [{"role": "system", "content": "x" * 7_000}, *talk(20)]

    plan = plan_for(messages, 5, fixed_tokens=500)

    assert not plan.is_met
    assert "missed by" in plan.verdict
    assert "user context 500" in plan.verdict


def test_a_plan_that_frees_nothing_keeps_everything():
    messages = talk(3, words=3)

    plan = plan_for(messages, 10)

    assert plan.fates == ("kept",) * 6
    assert not plan.changes_anything
    assert apply_plan(plan, messages) == messages


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


def test_the_frame_alone_is_left_when_nothing_else_fits():
    kept = {"role": "system", "content": "x" * 35_000}
    messages = [kept, *talk(30)]

    plan = plan_for(messages, 1)

    assert plan.fates.count("dropped") > 40
    assert plan.lines == ()
    assert plan.summary.count("\n") == 2


def test_a_summariser_of_one_s_own_is_used_and_named():
    def first_words(request):
        lines = [
            SummaryLine(s.number, s.role, "gist of it", (s.index,), "fact")
            for s in request.sources[:1]
        ]
        return Summary(tuple(lines), "mine")

    messages = talk(30)

    plan = plan_compression(
        messages, PlanRules(target_tokens=2_000), summarise=first_words
    )

    assert plan.summariser == "mine"
    assert "[3U] gist of it\n" in plan.summary
    assert plan.fates[2:5] == ("summarised", "dropped", "dropped")
    assert plan.as_dict()["lines"] == [
        {"label": "[3U]", "text": "gist of it", "sources": [2], "kind": "fact"}
    ]


def test_the_plan_is_json_ready():
    plan = plan_for(talk(30), 50)

    data = json.loads(json.dumps(plan.as_dict()))

    assert data["is_target_met"] is True
    assert data["before_tokens"] > data["after_tokens"]
    assert len(data["fates"]) == 60


@pytest.mark.parametrize("keep", [0, 1, 5])
def test_any_number_of_first_and_last_messages_may_be_kept(keep):
    messages = chat(60)

    plan = plan_for(messages, 50, keep_first=keep, keep_last=keep)
    out = apply_plan(plan, messages)

    assert len(out) == 2 * keep + 1
    assert out[:keep] == messages[:keep]
    assert out[keep + 1 :] == messages[len(messages) - keep :]


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


def test_repeated_results_among_the_kept_ones_point_even_beside_a_summary():
    messages = [calls("a"), result("a", LISTING), *chat(60)]
    messages += [calls("b"), result("b", LISTING), assistant("Same.")]

    plan = plan_for(messages, 40)

    assert plan.tiers[:2] == ("duplicates", "summary")
    assert plan.fates[1] == "shortened"


def test_a_strict_provider_may_be_named_where_the_shape_does_not_tell():
    messages = chat(60)

    plan = plan_for(messages, 50, alternate=True)
    out = apply_plan(plan, messages)

    assert plan.summary_way == "next"
    assert len(out) == 8
    assert out[2]["content"][1] == {"type": "text", "text": messages[-6]["content"]}


def test_a_call_can_be_too_large_to_clip():
    """What a tool was called with is never cut; it is said that it stays."""
    call = {"id": "z", "type": "function"}
    call["function"] = {"name": "write", "arguments": json.dumps({"text": LISTING * 9})}
    messages = [*talk(10), {"role": "assistant", "content": None, "tool_calls": [call]}]

    plan = plan_for(messages, 20)

    assert not plan.is_met
    assert plan.fates[-1] == "kept"


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
