"""The tiers of a plan, one after the other."""

from __future__ import annotations

import json

import pytest

from tests.domain.compression.planned import LISTING, plan_for
from tests.domain.small_talk import (
    calls,
    chat,
    result,
    talk,
)
from tracker.domain.compression.plans.plan import apply_plan
from tracker.domain.compression.plans.plan_draft import PlanRules
from tracker.domain.compression.plans.planning import plan_compression
from tracker.domain.compression.summary.summarising import Summary
from tracker.domain.compression.summary.summary_lines import SummaryLine


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


def test_a_call_can_be_too_large_to_clip():
    """What a tool was called with is never cut; it is said that it stays."""
    call = {"id": "z", "type": "function"}
    call["function"] = {"name": "write", "arguments": json.dumps({"text": LISTING * 9})}
    messages = [*talk(10), {"role": "assistant", "content": None, "tool_calls": [call]}]

    plan = plan_for(messages, 20)

    assert not plan.is_met
    assert plan.fates[-1] == "kept"


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


def test_a_strict_provider_may_be_named_where_the_shape_does_not_tell():
    messages = chat(60)

    plan = plan_for(messages, 50, alternate=True)
    out = apply_plan(plan, messages)

    assert plan.summary_way == "next"
    assert len(out) == 8
    assert out[2]["content"][1] == {"type": "text", "text": messages[-6]["content"]}
