"""Whose request a line of Claude Code is: sessions apart, sub-agents in lanes."""

from __future__ import annotations

import json

from tests.sources.transcripts.builder import (
    FRAME,
    assistant,
    progress,
    read,
    tool_result,
    user,
    write,
)
from tracker.sources.transcripts.following.reader import TranscriptReader


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
