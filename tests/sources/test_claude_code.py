"""Requests, lanes and titles read from Claude Code transcripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcript_builder import (
    FRAME,
    append,
    assistant,
    progress,
    tool_result,
    user,
    write,
)
from tracker.sources.claude_code import client_window
from tracker.sources.transcript_news import TranscriptNews
from tracker.sources.transcripts import TranscriptReader

FIXTURES = Path(__file__).parent / "fixtures"


def read(path: Path, *lines: dict[str, Any] | str) -> TranscriptNews:
    return TranscriptReader(write(path / "session-1.jsonl", *lines)).read_new()


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
    assert (sample.source, sample.parts_source) == ("reported", "estimated")
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
    assert (second.parts.history, second.message_count) == (1_300 + in_frames, 3)
    assert second.parts.unattributed == 5_700 - in_frames


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


@pytest.mark.parametrize(
    "line",
    [
        assistant(9, 5_000, model="<synthetic>"),
        {**assistant(9, 5_000), "message": {"id": "m", "content": "no usage"}},
        {"type": "summary", "summary": "words", "leafUuid": "x"},
        {"type": "file-history-snapshot", "snapshot": {"usage": {"input_tokens": 7}}},
        {"type": "system", "subtype": "api_error", "error": {"status": 529}},
        {"type": "progress", "data": {"type": "bash_progress", "message": "running"}},
        {"silly": "this"},
    ],
)
def test_what_is_no_request_is_no_sample_and_not_malformed(tmp_path, line):
    news = read(tmp_path, line)

    assert news.samples == []
    assert news.malformed_lines == 0


@pytest.mark.parametrize("line", ['"massive error"', "42", "[1]", "{", "nonsense", ""])
def test_a_line_that_is_no_object_is_counted_and_skipped(tmp_path, line):
    news = read(tmp_path, user("Hello"), line, assistant(1, 5_000))

    assert news.malformed_lines == (1 if line else 0)
    assert len(news.samples) == 1


@pytest.mark.parametrize("tokens", [-1, "many", 2.5, True, 10**13, [], {"a": 1}])
def test_usage_nobody_can_believe_is_malformed_and_no_sample(tmp_path, tokens):
    line = assistant(1, 5_000)
    line["message"]["usage"]["input_tokens"] = tokens

    news = read(tmp_path, line, assistant(2, 6_000))

    assert news.malformed_lines == 1
    assert [sample.event_id for sample in news.samples] == ["req_2"]


def test_an_odd_field_does_not_cost_the_line_its_usage(tmp_path):
    odd = {
        **assistant(1, 5_000),
        "timestamp": "yesterday",
        "isSidechain": "no",
        "summary": 7,
        "compactMetadata": [1],
        "data": "text",
    }
    [sample] = read(tmp_path, user("Hello"), odd).samples

    assert sample.used_tokens == 5_000
    assert sample.at is not None  # the time of the line before


def test_a_lone_surrogate_is_repaired(tmp_path):
    line = json.dumps(assistant(1, 5_000, content=[{"type": "text", "text": "SPOT"}]))

    news = read(tmp_path, line.replace("SPOT", r"cut \ud83d off"))

    assert len(news.samples) == 1
    assert news.malformed_lines == 0


def test_without_request_id_the_message_id_is_the_event_id(tmp_path):
    line = assistant(1, 5_000)
    del line["requestId"]

    [sample] = read(tmp_path, line).samples

    assert sample.event_id == "msg_1"


def test_two_sessions_in_one_file_keep_apart(tmp_path):
    news = read(
        tmp_path,
        user("One"),
        user("Two", sessionId="session-2"),
        assistant(1, 5_000),
        assistant(1, 5_000, sessionId="session-2"),
    )

    assert [(s.session, s.event_id) for s in news.samples] == [
        ("session-1", "req_1"),
        ("session-2", "req_1"),
    ]
    assert news.sessions == {"session-1": "One", "session-2": "Two"}


@pytest.mark.parametrize("key", [None, "", "x" * 256, "new\nline", 7])
def test_a_session_without_a_usable_key_goes_by_its_file(tmp_path, key):
    [sample] = read(tmp_path, assistant(1, 5_000, sessionId=key)).samples

    assert sample.session == "session-1"


def test_progress_lines_are_their_agents_lane_and_never_the_main_one(tmp_path):
    call = {
        "type": "tool_use",
        "id": "call_1",
        "name": "Task",
        "input": {"description": "look around", "subagent_type": "Explore"},
    }
    news = read(
        tmp_path,
        user("Hello"),
        assistant(1, 5_000, content=[call]),
        progress("a1", "call_1", user("p" * 350)),
        progress("a1", "call_1", assistant(11, 9_000)),
        progress("a1", "call_1", assistant(11, 9_000, output=77)),
        tool_result("call_1", "done"),
        assistant(2, 6_000),
    )

    main = [sample for sample in news.samples if sample.lane == "main"]
    [agent] = [sample for sample in news.samples if sample.lane != "main"]
    assert [sample.used_tokens for sample in main] == [5_000, 6_000]
    assert [sample.message_count for sample in main] == [1, 3]
    assert agent.lane == "agent-a1"
    assert (agent.used_tokens, agent.output_tokens) == (9_000, 77)
    assert agent.parts.history == 100 + FRAME
    assert agent.metadata == {"agent": "look around", "agent_type": "Explore"}


def test_an_agents_own_file_is_a_lane_of_its_parents_session(tmp_path):
    folder = tmp_path / "session-1" / "subagents"
    facts = {"sessionId": "session-1", "agentId": "a7", "isSidechain": True}
    path = write(
        folder / "agent-a7.jsonl",
        user("Find it", **facts),
        assistant(1, 9_000, **facts),
    )
    meta = {"agentType": "general-purpose", "description": "look up"}
    path.with_suffix(".meta.json").write_text(json.dumps(meta))

    news = TranscriptReader(path).read_new()

    [sample] = news.samples
    assert (sample.session, sample.lane) == ("session-1", "agent-a7")
    assert sample.metadata == {"agent": "look up", "agent_type": "general-purpose"}
    assert news.sessions == {"session-1": ""}  # a prompt of an agent is no title


def test_sidechains_without_an_agent_id_are_told_apart_by_ancestry(tmp_path):
    side = {"isSidechain": True}
    news = read(
        tmp_path,
        user("Hello"),
        user("One", **side, uuid="root-one", parentUuid=None),
        user("Two", **side, uuid="root-two", parentUuid=None),
        assistant(1, 1_000, **side, uuid="one-1", parentUuid="root-one"),
        assistant(2, 2_000, **side, uuid="two-1", parentUuid="root-two"),
        assistant(3, 3_000, **side, uuid="one-2", parentUuid="one-1"),
        assistant(4, 9_000),
    )

    assert [(s.lane, s.used_tokens) for s in news.samples] == [
        ("agent-root-one", 1_000),
        ("agent-root-two", 2_000),
        ("agent-root-one", 3_000),
        ("main", 9_000),
    ]


def test_the_title_is_the_first_prompt_somebody_typed(tmp_path):
    news = read(
        tmp_path,
        user("<command-name>/init</command-name>"),
        user("Caveat: The messages below were generated"),
        user("You are meta", isMeta=True),
        tool_result("call_1", "a result"),
        user([{"type": "text", "text": "<ide_opened_file>x</ide_opened_file>"}]),
        user([{"type": "text", "text": "Mend  the\n\nfence, please"}]),
        assistant(1, 5_000),
        user("And now the gate"),
    )

    assert news.sessions == {"session-1": "Mend the fence, please"}
    assert news.samples[0].title == "Mend the fence, please"


def test_a_summary_names_its_session_only_after_its_messages(tmp_path):
    older = {"type": "summary", "summary": "Of another session", "leafUuid": "gone"}
    own = {"type": "summary", "summary": "Fence mended", "leafUuid": "uuid-1"}

    before = read(tmp_path, older, user("Mend the fence"), assistant(1, 5_000))
    after = read(tmp_path, older, user("Mend the fence"), assistant(1, 5_000), own)

    assert before.sessions == {"session-1": "Mend the fence"}
    assert after.samples[0].title == "Fence mended"


def test_a_title_somebody_gave_beats_one_the_client_made(tmp_path):
    news = read(
        tmp_path,
        user("Mend the fence"),
        {"type": "custom-title", "customTitle": "Garden", "sessionId": "session-1"},
        {"type": "ai-title", "aiTitle": "Fence repair", "sessionId": "session-1"},
        assistant(1, 5_000),
    )

    assert news.samples[0].title == "Garden"


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


@pytest.mark.parametrize(
    ("model", "most", "window"),
    [
        ("claude-opus-4-6", 167_000, 200_000),  # the model's own is a million
        ("claude-opus-4-6", 200_001, None),  # a session that shows it has more
        ("claude-opus-4-6[1m]", 10, None),
        ("claude-sonnet-4-5", 10, None),  # the catalogue says 200,000
        ("nobody-knows", 10, None),
    ],
)
def test_the_window_is_the_one_the_client_works_with(
    model: str, most: int, window: int | None
) -> None:
    assert client_window(model, most) == window
