"""Requests read from Claude Code transcripts: their samples, and what fills them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.sources.transcripts.builder import (
    FRAME,
    append,
    assistant,
    read,
    tool_result,
    user,
    write,
)
from tracker.sources.transcripts.following.reader import TranscriptReader

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_a_request_is_a_sample_with_cache_counted_into_its_input(tmp_path):
    line = assistant(1, 5_103, output=42, timestamp="2026-01-05T10:00:07.500Z")

    [sample] = read(tmp_path, user("Good morning"), line).samples

    assert sample.session == "session-1"
    assert sample.event_id == "req_1"
    assert sample.used_tokens == sample.input_tokens == 5_103
    assert sample.cache_creation_tokens == 100
    assert sample.cache_read_tokens == 5_000
    assert sample.output_tokens == 42
    assert sample.model == "claude-sonnet-4-5"
    assert sample.at == datetime(2026, 1, 5, 10, 0, 7, 500_000, tzinfo=UTC)
    assert (sample.source, sample.parts_source) == ("reported", "inferred")
    assert sample.origin == "claude_code"
    assert sample.lane == "main"


def test_lines_of_one_message_are_one_sample_with_the_largest_output(tmp_path):
    lines = [assistant(1, 5_000, output=output) for output in (1, 1, 93)]

    news = read(tmp_path, user("Good morning"), *lines, assistant(2, 6_000))

    assert [sample.output_tokens for sample in news.samples] == [93, 10]
    assert [sample.message_count for sample in news.samples] == [1, 2]


def test_a_line_read_later_tells_the_sample_again_only_with_more_output(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"), assistant(1, 5_000, output=1))
    reader = TranscriptReader(path)
    first = reader.read_new().samples

    append(path, assistant(1, 5_000, output=1))
    same = reader.read_new().samples
    append(path, assistant(1, 5_000, output=70))
    more = reader.read_new().samples

    assert same == []
    assert [(s.event_id, s.output_tokens) for s in (*first, *more)] == [
        ("req_1", 1),
        ("req_1", 70),
    ]
    assert more[0].parts == first[0].parts
    assert more[0].at == first[0].at


def test_the_answer_itself_is_not_in_the_window_it_answers(tmp_path):
    answer = [{"type": "text", "text": "x" * 3_500}]

    first, second = read(
        tmp_path,
        user("y" * 350),
        assistant(1, 5_000, content=answer),
        tool_result("call_1", "z" * 700),
        assistant(2, 7_000),
    ).samples

    assert (first.parts.history, first.message_count) == (100 + FRAME, 1)
    in_frames = 3 * FRAME + 5  # three messages, and a block of its own
    assert (second.counted.history, second.message_count) == (1_300 + in_frames, 3)
    # What the first request held beyond its text is the system prompt's; what came on
    # top came with the conversation.
    assert second.parts.system == first.parts.system == 5_000 - 100 - FRAME
    assert second.parts.history == 7_000 - second.parts.system


def test_parts_never_say_more_than_was_reported(tmp_path):
    [sample] = read(tmp_path, user("y" * 35_000), assistant(1, 4_000)).samples

    assert sample.parts.history == sample.parts.total == 4_000


def test_what_the_client_attached_is_user_context_but_a_queued_prompt_is_said(tmp_path):
    listing = {"type": "skill_listing", "content": "s" * 338}
    queued = {"type": "queued_command", "prompt": "q" * 700}
    picture = {"type": "file", "content": {"base64": "A" * 9_000}}

    [sample] = read(
        tmp_path,
        user("y" * 350),
        {**user(""), "type": "attachment", "attachment": listing, "message": None},
        {**user(""), "type": "attachment", "attachment": queued, "message": None},
        {**user(""), "type": "attachment", "attachment": picture, "message": None},
        assistant(1, 9_000),
    ).samples

    assert sample.parts.history == 300 + 2 * FRAME
    assert 97 <= sample.parts.user_context <= 110
    assert sample.message_count == 2


def test_a_whole_session_of_version_2_1():
    news = TranscriptReader(FIXTURES / "claude_code_2_1.jsonl").read_new()

    assert [(s.lane, s.event_id, s.used_tokens) for s in news.samples] == [
        ("main", "req_a1", 12_000),
        ("main", "req_a2", 12_500),
        ("agent-b2c3", "req_s1", 3_100),
        ("main", "req_a3", 13_400),
        ("main", "req_a4", 8_200),
    ]
    assert [s.output_tokens for s in news.samples] == [34, 55, 12, 21, 18]
    assert news.sessions == {"5f0c": "Plan a vegetable garden"}
    [compression] = news.compressions
    assert (compression.before_tokens, compression.after_tokens) == (13_400, 8_200)
    assert compression.claimed_after_tokens == 640
    assert compression.trigger == "manual"
    assert [message["role"] for message in compression.after] == [
        "user", "assistant", "user",
    ]  # fmt: skip
    assert news.malformed_lines == 1
