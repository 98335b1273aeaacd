"""The failures other people's compactions had, numbered as found: what a provider
refuses.

Each docstring names the thread where it happened.
"""

from __future__ import annotations

import json

import pytest

from tests.domain.compression.conversations import refusal
from tests.domain.small_talk import (
    TEXT,
    assistant,
    calls,
    optimize,
    result,
    talk,
    user,
)


def test_01_parallel_calls_across_the_tail_border_stay_together():
    """langchain #38352: one of several ids matched, its siblings were cut off."""
    ids = [f"call_{n}" for n in range(8)]
    results = [result(call, f"{call}: {TEXT}") for call in ids]
    tail = [calls(*ids), *results, assistant("All read.")]
    messages = talk(30) + tail

    out = optimize(messages).messages

    assert refusal("openai", out) is None
    assert out[-10:] == tail


def test_02_no_answer_is_left_without_its_call_when_the_tail_begins_with_it():
    """langchain #34282, deepagents #270: 400 "No tool call found"."""
    messages = talk(30) + [calls("a"), result("a", TEXT)]
    messages += [assistant("ok"), user("x"), assistant("y"), user("z"), assistant("w")]

    out = optimize(messages).messages

    assert len(out) == 2 + 1 + 7
    assert refusal("openai", out) is None


def test_02_a_call_in_flight_at_the_end_is_kept_as_it_is():
    messages = talk(30) + [calls("pending")]

    assert optimize(messages).messages[-1] is messages[-1]


def test_03_a_history_never_begins_with_a_tool_result():
    """langchain #33245, letta PR #935: the oldest were dropped up to a result."""
    messages = [calls("a"), result("a", TEXT * 40)] + talk(30)
    cut_off = messages[1:]

    out = optimize(cut_off).messages

    assert out[0]["role"] != "tool"
    assert refusal("openai", out) is None


def test_04_a_batch_of_calls_is_kept_or_removed_as_one():
    """OpenHands/software-agent-sdk #1449: one result of a batch was forgotten."""
    pinned = {**result("b", TEXT), "pinned": True}
    batch = [calls("a", "b", "c"), result("a", TEXT), pinned, result("c", TEXT)]
    messages = talk(15) + batch + talk(15, start=15)

    out = optimize(messages).messages

    at = out.index(batch[0])
    assert out[at : at + 4] == batch
    assert refusal("openai", out) is None


def test_06_the_running_tool_loop_is_not_split():
    """pydantic-ai #2050: a history processor cut into the current run."""
    loop = [user("Do it.")]
    for n in range(3):
        loop += [calls(f"c{n}"), result(f"c{n}", TEXT)]
    messages = talk(30) + loop

    out = optimize(messages).messages

    assert refusal("openai", out) is None
    assert out[-6:] == loop[-6:]


def test_20_signed_thinking_is_never_touched():
    """claude-code #13692, opencode #41738: 400 for modified thinking blocks."""
    thinking = {"type": "thinking", "thinking": "why " * 400, "signature": "c2lnbmVk"}
    answer = assistant([thinking, {"type": "text", "text": TEXT * 300}])
    messages = [*talk(20), user("go"), answer]

    outcome = optimize(messages, window=4_000)

    assert outcome.compressed
    assert outcome.messages[-1] is answer


@pytest.mark.parametrize("cut", ["\ud83d", "\ude00 lone", "ok 🎉", "👩‍👩‍👧", "\udce9"])
def test_21_a_lone_surrogate_never_reaches_the_provider(cut):
    """claude-code #56064: a session that could not be resumed any more."""
    messages = [user(f"{cut} start"), *talk(30), user(f"{TEXT} {cut}"), assistant("ok")]

    outcome = optimize(messages)

    text = json.dumps(outcome.messages, ensure_ascii=False)
    text.encode("utf-8")
    if cut.isprintable():
        assert cut in text


@pytest.mark.parametrize("letters", ["デ", "é", "👩‍👩‍👧", "🇩🇪", "e\u0301"])
def test_22_cuts_are_never_inside_a_character(letters):
    """everruns PR #1479, nullclaw PR #824: a byte cut in UTF-8 text panicked."""
    for size in (699, 700, 701):
        long = (letters * size)[: size * len(letters)]
        messages = talk(12, words=4) + [calls("a"), result("a", long * 8)]

        out = optimize(messages, window=2_000).messages

        clipped = out[-1]["content"]
        head, _, rest = clipped.partition(" …[")
        tail = rest.partition("]… ")[2]
        assert head.replace(letters, "") == ""
        assert tail.replace(letters, "") == ""


def test_24_roles_alternate_where_the_shape_requires_it():
    """coder PR #22819, hermes PR #74087, TeXRA PR #2942."""
    messages = [
        message
        if message["role"] == "user"
        else assistant([{"type": "text", "text": message["content"]}])
        for message in talk(40)
    ]

    outcome = optimize(messages)

    assert refusal("anthropic", outcome.messages) is None
    assert any(message["role"] == "user" for message in outcome.messages)
    assert [m for m in outcome.messages if m in messages[:2]] == messages[:2]
