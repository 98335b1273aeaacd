"""Gemini CLI's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    MIDDAY,
    numbers,
    told,
    write_lines,
)


def head(session: str, kind: str = "main") -> dict[str, Any]:
    return {
        "sessionId": session,
        "projectHash": "0a",
        "startTime": MIDDAY,
        "kind": kind,
    }


def typed(key: str, text: str) -> dict[str, Any]:
    content = [{"text": text}]
    return {"id": key, "timestamp": MIDDAY, "type": "user", "content": content}


def answer(key: str, used: int, cached: int = 0, **more: Any) -> dict[str, Any]:
    tokens = {"input": used, "output": 30, "cached": cached, "thoughts": 12, "tool": 0}
    tokens["total"] = used + 42
    told = {"id": key, "timestamp": MIDDAY, "type": "gemini", "content": "Done."}
    return {**told, "tokens": tokens, "model": "gemini-2.5-pro", **more}


def test_a_message_told_again_with_its_calls_is_one_request(tmp_path: Path) -> None:
    calls = [{"id": "c", "name": "ls", "args": {}}]
    path = write_lines(
        tmp_path / "session-1.jsonl",
        head("s"),
        typed("u", "Count the files, please"),
        answer("a", 9_000, 4_000),
        answer("a", 9_000, 4_000, toolCalls=calls),
        head("s"),  # a resume
        {"$set": {"messages": [{"id": "u"}, {"id": "a"}]}},
        answer("b", 9_500, 9_000),
    )

    news = told(path, "gemini_cli")

    assert numbers(news.samples) == [
        ("main", 9_000, 4_000, 0, 42),
        ("main", 9_500, 9_000, 0, 42),
    ]
    assert news.sessions == {"s": "Count the files, please"}
    assert news.compressions == []


def test_a_history_of_unknown_messages_is_a_compaction(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "session-1.jsonl",
        head("s"),
        typed("u", "Begin"),
        answer("a", 50_000),
        {"$set": {"messages": [typed("x", "A summary"), typed("y", "Go on")]}},
        answer("b", 8_000),
    )

    [compaction] = told(path, "gemini_cli").compressions

    assert (compaction.before_tokens, compaction.after_tokens) == (50_000, 8_000)
    assert compaction.summary == "A summary"
    assert compaction.before is not None and len(compaction.before) == 2
    assert [m["content"] for m in compaction.after or []] == ["A summary", "Go on"]


def test_a_sub_agent_is_a_lane_of_the_session_its_folder_names(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "chats" / "s" / "agent.jsonl",
        head("0b", kind="subagent"),
        typed("u", "Look"),
        answer("a", 3_000),
    )

    [sample] = told(path, "gemini_cli").samples

    assert (sample.session, sample.lane) == ("s", "agent-0b")
