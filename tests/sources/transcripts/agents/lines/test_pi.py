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


def test_who_goes_back_in_the_tree_leaves_what_came_after(tmp_path: Path) -> None:
    """A summary of the branch that was left is a request of the client's own."""
    usage = {"input": 700, "output": 60, "cacheRead": 0, "cacheWrite": 0}
    summary = {"type": "branch_summary", "id": "s", "parentId": "a",
               "timestamp": "2026-01-05T12:05:00.000Z", "summary": "It led nowhere",
               "usage": usage}  # fmt: skip
    path = write_lines(
        tmp_path / "1_s.jsonl",
        HEAD | {"timestamp": "2026-01-05T12:00:00.000Z"},
        typed("u", 1, "Hello") | {"parentId": None},
        answer("a", 2, 1_000, 0, 0) | {"parentId": "u"},
        typed("v", 3, "A long way round " * 500) | {"parentId": "a"},
        answer("b", 4, 9_000, 0, 0) | {"parentId": "v"},
        summary,
        typed("w", 6, "Straight on") | {"parentId": "s"},
        answer("d", 7, 1_200, 0, 0) | {"parentId": "w"},
    )

    news = told(path, "pi")

    assert [(s.used_tokens, s.implausible) for s in news.samples] == [
        (1_000, None),
        (9_000, None),
        (700, "helper_call"),
        (1_200, None),
    ]
    assert news.compressions == []
    assert [sample.message_count for sample in news.samples] == [1, 3, 2, 4]
    assert news.samples[-1].begins_anew and not news.samples[1].begins_anew


def test_a_second_compaction_keeps_nothing_from_before_the_first(
    tmp_path: Path,
) -> None:
    def compaction(key: str, minute: int, kept: str) -> dict[str, Any]:
        when = f"2026-01-05T12:{minute:02}:00.000Z"
        return {"type": "compaction", "id": key, "firstKeptEntryId": kept,
                "timestamp": when, "summary": f"Summary {key}"}  # fmt: skip

    path = write_lines(
        tmp_path / "1_s.jsonl",
        HEAD | {"timestamp": "2026-01-05T12:00:00.000Z"},
        typed("u", 1, "One"),
        answer("a", 2, 21_000, 0, 0),
        compaction("c", 3, "a"),
        answer("b", 4, 9_000, 0, 0),
        typed("v", 5, "Two"),
        compaction("d", 6, "b"),
        answer("e", 7, 4_000, 0, 0),
    )

    first, second = told(path, "pi").compressions

    assert [m["content"] for m in first.after or []] == ["Summary c", "Done."]
    kept = [m["content"] for m in second.after or []]
    assert kept == ["Summary d", "Done.", "Two"]
    assert (second.before_tokens, second.after_tokens) == (9_000, 4_000)


def test_a_file_of_the_first_versions_has_no_ids(tmp_path: Path) -> None:
    head = {
        "type": "session",
        "id": "s",
        "cwd": "/srv",
        "timestamp": "2026-01-05T12:00",
    }
    entries = [
        typed("", 1, "Hello"),
        answer("", 2, 1_000, 0, 0),
        answer("", 3, 1, 0, 0),
    ]
    for number, each in enumerate(entries):
        del each["id"]
        each["message"].pop("responseId", number)
    path = write_lines(tmp_path / "1_s.jsonl", head, *entries)

    news = told(path, "pi")

    assert [sample.used_tokens for sample in news.samples] == [1_000, 1]
    assert len({sample.event_id for sample in news.samples}) == 2
    assert news.sessions == {"s": "Hello"}
