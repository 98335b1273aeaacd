"""Requests, sub-agents and compactions read from Codex rollouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import (
    FRAME,
    append,
    codex,
    said,
    token_count,
    usage_record,
    write,
)
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.following.reader import TranscriptReader


def head(**facts: Any) -> dict[str, Any]:
    base = {"text": "b" * 350}
    return codex("session_meta", {"id": "thread-1", "base_instructions": base, **facts})


def read(path: Path, *lines: dict[str, Any] | str) -> TranscriptNews:
    return TranscriptReader(write(path / "rollout-1.jsonl", *lines)).read_new()


def test_a_request_is_told_with_its_model_and_window(tmp_path):
    news = read(
        tmp_path,
        head(),
        codex("turn_context", {"model": "gpt-5-codex"}),
        codex("event_msg", {"type": "task_started", "model_context_window": 258_400}),
        said("developer", "d" * 350),
        said("user", "<environment_context>" + "e" * 329),
        said("user", "Mend the fence"),
        said("assistant", "Mended."),
        usage_record(1, 20_000, 20_005),
    )

    [sample] = news.samples
    assert (sample.session, sample.event_id) == ("thread-1", "resp_1")
    assert sample.used_tokens == sample.input_tokens == 20_000
    assert sample.cache_read_tokens == 19_900
    assert sample.output_tokens == 5
    assert sample.model == "gpt-5-codex"
    assert sample.window_tokens == 258_400
    assert sample.origin == "codex"
    assert (sample.parts.system, sample.parts.user_context) == (
        200 + FRAME,
        100 + FRAME,
    )
    assert sample.parts.history == 4 + FRAME
    assert sample.message_count == 2
    assert news.sessions == {"thread-1": "Mend the fence"}


def test_a_record_and_a_count_of_the_same_request_are_one_sample(tmp_path):
    news = read(
        tmp_path,
        head(),
        said("user", "Hello"),
        usage_record(1, 20_000, 20_005),
        token_count(20_000, 20_005),
        token_count(20_000, 20_005),
        usage_record(2, 30_000, 50_010),
        token_count(30_000, 50_010),
    )

    assert [sample.event_id for sample in news.samples] == ["resp_1", "resp_2"]


def test_older_rollouts_are_told_apart_by_the_running_total(tmp_path):
    lines = [
        head(),
        token_count(20_000, 20_005),
        token_count(20_000, 20_005),
        token_count(20_000, 40_010),
    ]

    samples = read(tmp_path, *lines).samples

    assert [sample.event_id for sample in samples] == [
        "thread-1:20005",
        "thread-1:40010",
    ]


def compacted(**payload: Any) -> dict[str, Any]:
    return codex("compacted", {"message": "Summary of it.", **payload})


def test_a_compaction_is_told_once_the_next_request_is_seen(tmp_path):
    history = [
        said("user", "Mend the fence")["payload"],
        said("user", "Summary of it.")["payload"],
    ]
    news = read(
        tmp_path,
        head(),
        said("user", "Mend the fence"),
        said("assistant", "Mended."),
        usage_record(1, 240_000, 240_005),
        token_count(240_000, 240_005),
        compacted(window_id="window-2", replacement_history=history),
        token_count(0, 240_005, size=6_076),
        said("user", "Paint it"),
        said("assistant", "Painted."),
        usage_record(2, 60_000, 300_010),
    )

    [compression] = news.compressions
    assert (compression.before_tokens, compression.after_tokens) == (240_000, 60_000)
    assert compression.claimed_after_tokens == 6_076
    assert compression.event_id == "window-2"
    assert compression.summary == "Summary of it."
    assert compression.before == [
        {"role": "user", "content": "Mend the fence"},
        {"role": "assistant", "content": "Mended."},
    ]
    assert compression.after == [
        {"role": "user", "content": "Mend the fence"},
        {"role": "user", "content": "Summary of it."},
        {"role": "user", "content": "Paint it"},
    ]
    assert len(news.samples) == 2
    assert news.samples[1].message_count == 3
    assert news.samples[1].parts.system == 100


def test_a_compaction_waits_in_the_state_and_a_flush_tells_it(tmp_path):
    path = write(
        tmp_path / "rollout-1.jsonl",
        head(),
        said("user", "Mend the fence"),
        token_count(240_000, 240_005),
        compacted(),
        token_count(0, 240_005, size=6_076),
    )
    reader = TranscriptReader(path)
    assert reader.read_new().compressions == []
    reader = TranscriptReader(path, state=json.loads(json.dumps(reader.state)))

    [flushed] = reader.flush().compressions
    append(path, token_count(60_000, 300_010))
    [true] = reader.read_new().compressions

    assert (flushed.after_tokens, flushed.sets_gauge) == (6_076, True)
    assert (true.after_tokens, true.sets_gauge) == (60_000, False)
    assert true.event_id == flushed.event_id
    assert true.after == [{"role": "user", "content": "Summary of it."}]


def test_calls_side_by_side_are_one_message_and_results_are_tools(tmp_path):
    calls = [
        codex(
            "response_item",
            {
                "type": "function_call",
                "name": "shell",
                "arguments": '{"command": "ls"}',
                "call_id": name,
            },
        )
        for name in ("c1", "c2")
    ]
    results = [
        codex(
            "response_item",
            {"type": "function_call_output", "call_id": name, "output": output},
        )
        for name, output in (("c1", "a file"), ("c2", {"content": "another"}))
    ]
    [compression] = read(
        tmp_path,
        head(),
        said("user", "Look"),
        codex("response_item", {"type": "reasoning", "encrypted_content": "x" * 900}),
        *calls,
        token_count(20_000, 20_005),
        *results,
        token_count(30_000, 50_010),
        compacted(),
        token_count(10_000, 60_015),
    ).compressions

    look, calling, one, two = compression.before
    assert look == {"role": "user", "content": "Look"}
    assert [call["id"] for call in calling["tool_calls"]] == ["c1", "c2"]
    assert calling["tool_calls"][0]["function"] == {
        "name": "shell",
        "arguments": '{"command": "ls"}',
    }
    assert one == {"role": "tool", "tool_call_id": "c1", "content": "a file"}
    assert two["content"] == "another"


def test_a_sub_agents_thread_is_a_lane_of_the_session_above(tmp_path):
    spawn = {"parent_thread_id": "thread-0", "agent_nickname": "Boole", "depth": 1}
    news = read(
        tmp_path,
        head(source={"subagent": {"thread_spawn": spawn}}, agent_role="worker"),
        codex("session_meta", {"id": "thread-0"}),
        said("user", "Look around"),
        token_count(20_000, 20_005),
    )

    [sample] = news.samples
    assert (sample.session, sample.lane) == ("thread-0", "agent-thread-1")
    assert sample.metadata == {"agent": "Boole", "agent_type": "worker"}
    assert sample.event_id == "thread-1:20005"
    assert sample.title == ""


@pytest.mark.parametrize(
    "usage", [{"input_tokens": -1}, {"input_tokens": "x"}, {"input_tokens": True}]
)
def test_usage_nobody_can_believe_is_malformed(tmp_path, usage):
    line = usage_record(1, 20_000, 20_005)
    line["payload"]["usage"] = usage

    news = read(tmp_path, head(), line, "nonsense", usage_record(2, 20_000, 40_010))

    assert news.malformed_lines == 2
    assert [sample.event_id for sample in news.samples] == ["resp_2"]


def test_a_request_tells_what_is_used_of_the_plan(tmp_path):
    limits = {
        "primary": {"used_percent": 12.5, "window_minutes": 300},
        "secondary": None,
    }
    line = token_count(20_000, 20_005)
    line["payload"]["rate_limits"] = limits

    news = read(tmp_path, head(), said("user", "Hello"), line)

    (report,) = news.reports
    (limit,) = report.plan_limits
    assert (limit.client, limit.minutes, limit.used_ratio) == ("codex", 300, 0.125)
    assert limit.at == report.at
