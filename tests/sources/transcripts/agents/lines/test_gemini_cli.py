"""Gemini CLI's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    MIDDAY,
    numbers,
    told,
    write_document,
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


def test_a_resume_with_results_of_tools_is_no_compaction(tmp_path: Path) -> None:
    """It gives a result the id of its call's message, and tells it as new."""
    result = {"functionResponse": {"id": "c", "response": {"output": "3"}}}
    back = typed("a_response", "") | {"content": [result]}
    path = write_lines(
        tmp_path / "session-1.jsonl",
        head("s"),
        typed("u", "Count"),
        answer("a", 9_000, toolCalls=[{"id": "c", "name": "ls", "args": {}}]),
        typed("r", "") | {"content": [result]},
        answer("b", 9_100),
        head("s"),
        {"$set": {"messages": [typed("u", "Count"), {"id": "a"}, back, {"id": "b"}]}},
        answer("d", 30_000),
    )

    news = told(path, "gemini_cli")

    assert [used for _, used, *_ in numbers(news.samples)] == [9_000, 9_100, 30_000]
    assert news.compressions == []


def test_numbers_that_come_after_their_message_count(tmp_path: Path) -> None:
    early = answer("a", 9_000)
    del early["tokens"]
    path = write_lines(
        tmp_path / "session-1.jsonl", head("s"), typed("u", "Go"), early,
        answer("a", 9_000),
    )  # fmt: skip

    assert numbers(told(path, "gemini_cli").samples) == [("main", 9_000, 0, 0, 42)]


def test_what_somebody_took_back_is_not_in_the_window(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "session-1.jsonl",
        head("s"),
        typed("u", "Begin"),
        answer("a", 9_000),
        typed("v", "A long way round" * 500),
        answer("b", 60_000),
        {"$rewindTo": "v"},
        typed("w", "Straight on"),
        answer("d", 9_500),
    )

    news = told(path, "gemini_cli")

    assert news.compressions == []
    assert [sample.message_count for sample in news.samples] == [1, 3, 3]
    last = news.samples[-1]
    assert last.begins_anew and last.parts.history < 1_000


def test_the_document_of_an_older_version_is_read(tmp_path: Path) -> None:
    messages = [typed("u", "Count the files"), answer("a", 9_000, 4_000)]
    document = head("s") | {"messages": messages}
    path = write_document(tmp_path / "chats" / "session-1.json", document)
    lines = write_lines(tmp_path / "chats" / "session-1.jsonl", head("s"), *messages)

    old, new = told(path, "gemini_cli"), told(lines, "gemini_cli")

    assert numbers(old.samples) == [("main", 9_000, 4_000, 0, 42)]
    assert old.sessions == {"s": "Count the files"}
    assert [s.event_id for s in old.samples] == [s.event_id for s in new.samples]


def test_a_sub_agent_of_a_sub_agent_belongs_to_the_first_session(
    tmp_path: Path,
) -> None:
    """Each lies in a folder named after whoever started it."""
    chats = tmp_path / "chats"
    (tmp_path / ".project_root").write_text("/src/shop")
    write_lines(chats / "s" / "0b.jsonl", head("0b", kind="subagent"))
    path = write_lines(
        chats / "0b" / "0c.jsonl", head("0c", kind="subagent"), answer("a", 3_000)
    )

    [sample] = told(path, "gemini_cli").samples

    assert (sample.session, sample.lane) == ("s", "agent-0c")
    assert sample.metadata == {"repository": "shop"}
