"""pi's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import numbers, told, write_lines

HEAD = {"type": "session", "version": 3, "id": "s", "cwd": "/srv/app"}


def entry(key: str, minute: int, **message: Any) -> dict[str, Any]:
    when = f"2026-01-05T12:{minute:02}:00.000Z"
    return {"type": "message", "id": key, "timestamp": when, "message": message}


def typed(key: str, minute: int, text: str) -> dict[str, Any]:
    return entry(key, minute, role="user", content=[{"type": "text", "text": text}])


def answer(
    key: str, minute: int, fresh: int, read: int, written: int
) -> dict[str, Any]:
    usage = {"input": fresh, "cacheRead": read, "cacheWrite": written, "output": 30}
    content = [{"type": "text", "text": "Done."}]
    said = {"role": "assistant", "content": content, "model": "m", "usage": usage}
    return entry(key, minute, **said, responseId=f"r-{key}")


def test_input_fresh_read_and_written_add_up(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "1_s.jsonl",
        HEAD | {"timestamp": "2026-01-05T12:00:00.000Z"},
        typed("u", 1, "Hello"),
        answer("a", 2, 1_000, 20_000, 500),
    )

    news = told(path, "pi")

    assert numbers(news.samples) == [("main", 21_500, 20_000, 500, 30)]
    assert news.samples[0].event_id == "r-a"


def test_a_compaction_keeps_the_entries_it_names(tmp_path: Path) -> None:
    usage = {"input": 400, "output": 90, "cacheRead": 0, "cacheWrite": 0}
    compaction = {"type": "compaction", "id": "c", "firstKeptEntryId": "v",
                  "timestamp": "2026-01-05T12:05:00.000Z", "summary": "A summary",
                  "tokensBefore": 21_530, "usage": usage}  # fmt: skip
    path = write_lines(
        tmp_path / "1_s.jsonl",
        HEAD | {"timestamp": "2026-01-05T12:00:00.000Z"},
        typed("u", 1, "Hello"),
        answer("a", 2, 21_000, 0, 0),
        typed("v", 3, "And now?"),
        compaction,
        answer("b", 6, 5_000, 0, 0),
    )

    news = told(path, "pi")

    [told_compaction] = news.compressions
    said = [message["content"] for message in told_compaction.after or []]
    assert said == ["A summary", "And now?"]
    assert told_compaction.before_tokens == 21_000
    assert told_compaction.after_tokens == 5_000
    assert [s.implausible for s in news.samples] == [None, "helper_call", None]


def test_what_a_fork_copied_is_not_counted_again(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "2_t.jsonl",
        HEAD | {"id": "t", "timestamp": "2026-01-05T12:30:00.000Z"},
        typed("u", 1, "Hello"),
        answer("a", 2, 21_000, 0, 0),
        answer("b", 31, 22_000, 0, 0),
    )

    assert [sample.used_tokens for sample in told(path, "pi").samples] == [22_000]


def test_openclaw_writes_the_same_in_a_place_of_its_own(tmp_path: Path) -> None:
    head = {k: v for k, v in HEAD.items() if k != "version"}
    path = write_lines(
        tmp_path / ".openclaw/agents/main/sessions/s.jsonl",
        head | {"timestamp": "2026-01-05T12:00:00.000Z"},
        typed("u", 1, "Hello"),
        answer("a", 2, 1_000, 20_000, 500),
    )

    news = told(path, "openclaw")

    assert numbers(news.samples) == [("main", 21_500, 20_000, 500, 30)]
    assert news.samples[0].origin == "openclaw"
