"""Compactions in Claude Code transcripts, with the messages before and after."""

from __future__ import annotations

import pytest

from tests.sources.transcripts.builder import (
    FRAME,
    assistant,
    boundary,
    call,
    conversation,
    progress,
    read,
    summary_message,
    user,
)


def test_before_and_after_are_the_requests_around_the_boundary(tmp_path):
    news = read(
        tmp_path,
        *conversation(),
        boundary(155_000, postTokens=900),
        summary_message("Summary: one post replaced."),
        user("Paint it"),
        assistant(3, 40_000),
    )

    [compression] = news.compressions
    assert (compression.before_tokens, compression.after_tokens) == (150_000, 40_000)
    assert compression.claimed_before_tokens == 155_000
    assert compression.claimed_after_tokens == 900
    assert compression.summary == "Summary: one post replaced."
    assert compression.trigger == "auto"
    assert compression.performed_by == "client"
    assert compression.strategy == "compact"
    assert compression.lane == "main"
    assert compression.sets_gauge is False
    assert [type(report).__name__ for report in news.reports] == [
        "UsageReport", "UsageReport", "CompressionReport", "UsageReport",
    ]  # fmt: skip


def test_the_messages_are_in_the_apis_shape_one_per_message(tmp_path):
    [compression] = read(
        tmp_path,
        *conversation(),
        boundary(155_000),
        summary_message("Summary: one post replaced."),
        user("Paint it"),
        assistant(3, 40_000),
    ).compressions

    assert compression.before == [
        {"role": "user", "content": "Mend the fence"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "I look."}, *call("call_1")],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "call_1",
                    "content": "a broken post",
                }
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "Post replaced."}]},
    ]
    assert compression.after == [
        {"role": "user", "content": "Summary: one post replaced."},
        {"role": "user", "content": "Paint it"},
    ]


def test_signatures_and_image_data_are_left_out_of_the_messages(tmp_path):
    picture = {"type": "base64", "media_type": "image/png", "data": "A" * 900}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "Zm9v"}
    [compression] = read(
        tmp_path,
        user([{"type": "image", "source": picture}]),
        assistant(1, 100_000, content=[thought]),
        boundary(101_000),
        summary_message(),
        assistant(2, 40_000),
    ).compressions

    image, answer = compression.before
    assert image["content"][0]["source"] == {
        "type": "base64",
        "media_type": "image/png",
    }
    assert answer["content"] == [{"type": "thinking", "thinking": "Hm."}]


def test_the_window_starts_anew_after_a_compaction(tmp_path):
    news = read(
        tmp_path,
        user("y" * 35_000),
        assistant(1, 150_000),
        boundary(155_000),
        summary_message("s" * 350),
        assistant(2, 40_000),
        user("more"),
        assistant(3, 41_000),
    )

    assert [sample.message_count for sample in news.samples] == [1, 1, 3]
    assert [sample.parts.history for sample in news.samples][:2] == [
        10_000 + FRAME,
        100 + FRAME,
    ]


def test_a_second_compaction_replaces_what_the_first_left(tmp_path):
    news = read(
        tmp_path,
        *conversation(),
        boundary(155_000),
        summary_message("First summary."),
        assistant(3, 40_000),
        boundary(156_000, trigger="manual"),
        summary_message("Second summary."),
        assistant(4, 30_000),
    )

    first, second = news.compressions
    assert (second.before_tokens, second.after_tokens) == (40_000, 30_000)
    assert second.trigger == "manual"
    assert second.before[0] == {"role": "user", "content": "First summary."}
    assert len(second.before) == 2
    assert first.event_id != second.event_id


@pytest.mark.parametrize("by_name", [True, False])
def test_preserved_messages_follow_the_summary_and_stay_for_the_next(tmp_path, by_name):
    lines = conversation()
    kept = lines[-1]["uuid"]
    preserved = (
        {"preservedMessages": {"uuids": [kept]}}
        if by_name
        else {"preservedSegment": {"headUuid": kept, "tailUuid": kept}}
    )
    news = read(
        tmp_path,
        *lines,
        boundary(155_000, **preserved),
        summary_message("First summary."),
        user("Paint it"),
        assistant(3, 40_000),
        boundary(50_000),
        summary_message("Second summary."),
        assistant(4, 30_000),
    )

    first, second = news.compressions
    assert [message["role"] for message in first.after] == ["user", "assistant", "user"]
    assert first.after[1] == first.before[-1]
    assert second.before[:3] == first.after
    assert news.samples[2].message_count == 3


def test_agents_requests_around_a_boundary_are_not_the_main_lanes(tmp_path):
    [compression] = read(
        tmp_path,
        *conversation(),
        progress("a1", "call_1", assistant(11, 9_000)),
        boundary(155_000),
        summary_message(),
        progress("a1", "call_1", assistant(12, 9_500)),
        assistant(3, 40_000),
    ).compressions

    assert (compression.before_tokens, compression.after_tokens) == (150_000, 40_000)
    assert len(compression.before) == 4


def test_a_compaction_in_an_agents_file_is_the_agents(tmp_path):
    facts = {"isSidechain": True, "agentId": "a7"}
    lines = [
        user("Find it"),
        assistant(1, 90_000),
        boundary(91_000),
        summary_message(),
        assistant(2, 20_000),
    ]
    [compression] = read(tmp_path, *[{**line, **facts} for line in lines]).compressions

    assert compression.lane == "agent-a7"
    assert (len(compression.before), len(compression.after)) == (2, 1)


def test_an_answer_whose_first_line_tells_no_numbers_settles_it_too(tmp_path):
    early = assistant(3, 103, output=0)
    early["message"]["usage"] = {"input_tokens": 0, "output_tokens": 1}
    news = read(
        tmp_path,
        *conversation(),
        boundary(155_000),
        summary_message(),
        early,
        assistant(3, 40_000),
    )

    [compression] = news.compressions
    assert compression.after_tokens == 40_000
    assert [sample.implausible for sample in news.samples] == [None] * 3
