"""The failures other people's compactions had, numbered as found: what was counted
wrong, and what did not get smaller.

Each docstring names the thread where it happened.
"""

from __future__ import annotations

import json

from tests.domain.compression.conversations import PICTURE, refusal
from tests.domain.small_talk import (
    TEXT,
    assistant,
    calls,
    optimize,
    result,
    talk,
    user,
)
from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.compression import ContextOptimizer
from tracker.domain.conversation.messages import message_tokens
from tracker.domain.counting.counters import estimate_tokens


def test_05_under_budget_the_identical_list_comes_back():
    """BerriAI/litellm #6505: a tool reply was trimmed although all fitted."""
    messages = [user("hi"), calls("a"), result("a"), assistant("done")]

    assert optimize(messages).messages is messages


def test_07_the_bodies_of_tools_are_counted_in_both_shapes():
    """autogen #2469: the token limiter ignored tool output."""
    text = "x" * 3_500
    blocks = [{"type": "tool_result", "tool_use_id": "a", "content": text}]
    nested = [{**blocks[0], "content": [{"type": "text", "text": text}]}]

    sizes = {
        message_tokens(message, estimate_tokens) // 100
        for message in (
            result("a", text),
            user(blocks),
            user(nested),
            user(text),
        )
    }

    assert sizes == {10}


def test_08_what_cannot_shrink_is_said_and_not_tried_again():
    """OpenHands #8630: endless condensation because the floor lay above the target."""
    fixed = "must stay " * 3_000
    messages = [{"role": "system", "content": fixed}, *talk(4)]

    first = optimize(messages)
    second = optimize(first.messages)

    assert not first.is_target_met
    assert any("Target missed" in warning for warning in first.warnings)
    assert second.messages is first.messages
    assert second.skipped == "little_to_reclaim"


def test_09_system_and_tools_count_against_the_window():
    """anomalyco/opencode PR #48828: 29,000 tokens of fixed overhead were forgotten."""
    messages = talk(5)
    tools = [{"name": "t", "description": "d" * 26_000, "input_schema": {}}]

    free = optimize(messages, system="s" * 700)
    full = optimize(messages, system="s" * 700, tools=tools)

    assert full.before_tokens > free.before_tokens + 7_000
    assert (free.trigger, full.trigger) == ("", "budget")


def test_10_kept_messages_above_the_target_are_clipped():
    """can1357/oh-my-pi PR #3412: a single kept turn was larger than the threshold."""
    messages = talk(12, words=4) + [calls("a"), result("a", TEXT * 2_000)]

    outcome = optimize(messages)

    assert outcome.is_target_met
    assert outcome.plan.fates[-1] == "shortened"
    assert "characters cut]" in outcome.messages[-1]["content"]
    assert refusal("openai", outcome.messages) is None


def test_11_the_result_is_counted_anew_and_asks_for_nothing():
    """hydro-project/infinity #64: usage from before the compaction fired it again."""
    outcome = optimize(talk(40))

    assert outcome.compressed
    assert outcome.status.used_tokens == outcome.after_tokens
    assert outcome.status.should_compress is False


def test_12_little_to_reclaim_is_left_alone():
    """CommandCodeAI/command-code #756: 14 passes freeing 100 to 1,400 tokens."""
    fixed = "must stay " * 3_000
    messages = [{"role": "system", "content": fixed}, *talk(5, words=4)]

    outcome = optimize(messages, window=9_900)

    assert (outcome.skipped, outcome.trigger) == ("little_to_reclaim", "budget")
    assert outcome.messages is messages


def test_12_a_second_compression_waits_for_the_cooldown():
    """Kilo #10888: the same compaction ran twice."""
    messages = talk(30)

    at_once = optimize(messages, window=14_000, seconds_since_compression=59)
    later = optimize(messages, window=14_000, seconds_since_compression=60)

    assert (at_once.skipped, at_once.messages) == ("cooldown", messages)
    assert later.compressed


def test_14_it_lands_at_the_target_not_just_below_the_limit():
    """codex #35032, open-webui #30035: compaction ended about 80 % full."""
    outcome = optimize(talk(60))

    limits = outcome.status.limits
    assert outcome.after_tokens <= limits.target_tokens == 6_000
    assert outcome.after_tokens > 5_500


def test_19_nothing_is_too_long_to_compress():
    """claude-code #23047, #26317, #8050: "Conversation too long" in a deadlock."""
    outcome = optimize(talk(150, words=200), window=4_000)

    assert outcome.before_tokens > 30 * outcome.status.limits.window_tokens
    assert (outcome.trigger, outcome.is_target_met) == ("exceeded", True)


def test_23_an_image_costs_by_its_size_and_can_be_dropped():
    """open-webui PR #29818: base64 counted as 1,049,438 tokens; others counted 0."""
    link = {"url": f"data:image/png;base64,{PICTURE * 300}"}
    photo = user([{"type": "image_url", "image_url": link}])

    assert 50 < message_tokens(photo, estimate_tokens) < 2_000

    messages = [*talk(2), photo, assistant("A chart."), *talk(30, start=2)]
    outcome = optimize(messages)
    assert outcome.plan.fates[4] in ("summarised", "dropped")
    assert PICTURE not in json.dumps(outcome.messages)


def test_28_the_count_of_new_messages_starts_again_and_never_outgrows_the_list():
    """jcode #175: the count grew past the length of the list."""
    strict = BudgetPolicy(
        window_tokens=20_000, reserved_tokens=0, min_reclaim_tokens=0, message_limit=20
    )
    optimizer = ContextOptimizer(strict)
    messages = talk(13)
    compressions = []

    for round_ in range(20):
        outcome = optimizer.optimize_messages("s", messages)
        if outcome.compressed:
            compressions.append(round_)
            assert outcome.status.reasons == ()
        messages = [*outcome.messages, *talk(1, start=100 + round_)]

    # 6 kept + 14 new ones are 20: every eighth round is one above.
    assert compressions == [0, 8, 16]


def test_absolute_thresholds_work_as_well_as_shares():
    small = BudgetPolicy(
        window_tokens=10_000,
        reserved_tokens=0,
        warning=Threshold(tokens=1_000),
        compress=Threshold(tokens=2_000),
        target=Threshold(tokens=1_500),
    )

    outcome = ContextOptimizer(small).optimize_messages("s", talk(12))

    assert outcome.trigger == "budget"
    assert outcome.after_tokens <= 1_500
