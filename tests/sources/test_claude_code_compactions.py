"""Compactions in Claude Code transcripts, with the messages before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcript_builder import (
    FRAME,
    append,
    assistant,
    boundary,
    microcompact,
    progress,
    summary_message,
    tool_result,
    user,
    write,
)
from tracker.sources.transcript_news import TranscriptNews
from tracker.sources.transcripts import TranscriptReader


def read(path: Path, *lines: dict[str, Any] | str) -> TranscriptNews:
    return TranscriptReader(write(path / "session-1.jsonl", *lines)).read_new()


def call(name: str) -> list[dict[str, Any]]:
    return [{"type": "tool_use", "id": name, "name": "Read", "input": {"path": "/a"}}]


def conversation() -> list[dict[str, Any]]:
    return [
        user("Mend the fence"),
        assistant(1, 100_000, content=[{"type": "text", "text": "I look."}]),
        assistant(1, 100_000, content=call("call_1")),
        tool_result("call_1", "a broken post"),
        assistant(2, 150_000, content=[{"type": "text", "text": "Post replaced."}]),
    ]


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


def test_a_compaction_waits_for_its_first_request_across_readings(tmp_path):
    path = write(tmp_path / "a.jsonl", *conversation(), boundary(155_000))
    reader = TranscriptReader(path)
    first = reader.read_new()
    append(path, summary_message("Summary."), user("Paint it"))
    second = TranscriptReader(path, state=json.loads(json.dumps(reader.state)))
    waiting = second.read_new()
    append(path, assistant(3, 40_000))
    told = second.read_new()

    assert first.compressions == waiting.compressions == []
    [compression] = told.compressions
    assert (compression.before_tokens, compression.after_tokens) == (150_000, 40_000)
    assert compression.summary == "Summary."
    assert (len(compression.before), len(compression.after)) == (4, 2)


def test_a_flush_tells_a_waiting_compaction_with_an_estimate(tmp_path):
    lines = [user("y" * 350), assistant(1, 30_000), user("z" * 350_000)]
    path = write(
        tmp_path / "a.jsonl",
        *lines,
        assistant(2, 150_000),
        boundary(155_000, postTokens=100),
        summary_message("s" * 3_500),
    )
    reader = TranscriptReader(path)
    reader.read_new()

    [compression] = reader.flush().compressions

    # 29,900 never were attributed: the system prompt and the tools.
    assert compression.after_tokens == 29_900 + 1_000
    assert compression.claimed_after_tokens == 100
    assert compression.sets_gauge is True
    assert len(compression.before) == 4

    append(path, assistant(3, 40_000))
    [true] = reader.read_new().compressions
    assert (true.event_id, true.after_tokens) == (compression.event_id, 40_000)


def test_two_boundaries_without_a_request_between_are_both_told(tmp_path):
    news = read(
        tmp_path,
        *conversation(),
        boundary(155_000),
        summary_message("First."),
        boundary(20_000),
        summary_message("Second."),
        assistant(3, 40_000),
    )

    assert [compression.summary for compression in news.compressions] == [
        "First.",
        "Second.",
    ]


def test_without_a_request_before_the_claim_is_the_best_there_is(tmp_path):
    told = read(tmp_path, boundary(155_000), summary_message(), assistant(1, 40_000))
    untold = read(
        tmp_path,
        {**boundary(1), "compactMetadata": None},
        summary_message(),
        assistant(1, 40_000),
    )

    assert told.compressions[0].before_tokens == 155_000
    assert untold.compressions == []
    assert len(untold.samples) == 1


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


def test_a_microcompaction_keeps_the_messages(tmp_path):
    news = read(
        tmp_path,
        *conversation(),
        microcompact(149_000, 30_000),
        user("Paint it"),
        assistant(3, 121_000),
    )

    [compression] = news.compressions
    assert compression.strategy == "microcompact"
    assert (compression.before_tokens, compression.after_tokens) == (150_000, 121_000)
    assert compression.claimed_after_tokens == 119_000
    assert compression.metadata == {"cleared_tools": 2}
    assert compression.before is None
    assert compression.after is None
    assert news.samples[-1].message_count == 5


def test_a_microcompaction_without_numbers_is_none(tmp_path):
    line = {**microcompact(1, 1), "microcompactMetadata": {"trigger": "auto"}}

    news = read(tmp_path, *conversation(), line, assistant(3, 121_000))

    assert news.compressions == []


def test_a_finished_file_tells_what_came_after_its_last_compaction(tmp_path):
    path = tmp_path / "s.jsonl"
    lines = [
        *conversation(),
        boundary(155_000),
        summary_message(),
        assistant(3, 40_000),
        user("Open the shed again"),
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    reader = TranscriptReader(path)
    [compression] = reader.read_new().compressions

    [found] = reader.flush().continuations

    assert (found.session, found.lane) == (compression.session, "main")
    assert found.messages[: len(compression.after)] == compression.after
    assert found.messages[-1] == {"role": "user", "content": "Open the shed again"}


def test_a_window_that_was_never_compacted_has_no_continuation(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in conversation()))
    reader = TranscriptReader(path)
    reader.read_new()

    assert reader.flush().continuations == []
