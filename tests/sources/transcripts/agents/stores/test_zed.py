"""Zed's database of threads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.sources.transcripts.agents.session_files import numbers, told
from tracker.sources.transcripts.agents.registry import client_of

TABLE = """CREATE TABLE threads (id TEXT PRIMARY KEY, summary TEXT, updated_at TEXT,
 data_type TEXT, data BLOB, parent_id TEXT, folder_paths TEXT, created_at TEXT)"""
USAGE = {
    "input_tokens": 8_500,
    "output_tokens": 41,
    "cache_creation_input_tokens": 500,
    "cache_read_input_tokens": 1_000,
}
TOOL = {"ToolUse": {"id": "c", "name": "read", "input": {"type": "json", "value": {}}}}
READ = {"c": {"tool_use_id": "c", "tool_name": "read", "content": [{"Text": "code"}]}}


def typed(key: str) -> dict[str, Any]:
    return {"User": {"id": key, "content": [{"Text": "Look"}, {"Mention": {}}]}}


def said(*content: Any, **results: Any) -> dict[str, Any]:
    return {"Agent": {"content": list(content), "tool_results": results}}


class Database:
    """What Zed would write, one row after the other."""

    def __init__(self, folder: Path) -> None:
        (folder / "threads").mkdir()
        self.path = folder / "threads" / "threads.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute(TABLE)

    def thread(
        self,
        key: str,
        *messages: Any,
        usage: Any,
        parent: str | None = None,
        plain: bool = False,
    ) -> None:
        whole = {
            "version": "0.3.0",
            "messages": messages,
            "request_token_usage": usage,
            "model": {"provider": "p", "model": "m1"},
        }
        data = json.dumps(whole).encode()
        kind = "json" if plain else "zstd"
        data = data if plain else zstandard.compress(data)
        when = "2026-01-05T12:00:00+00:00"
        row = (key, f"Title of {key}", when, kind, data, parent, "/src/shop\n/b", when)
        self.connection.execute("INSERT INTO threads VALUES (?,?,?,?,?,?,?,?)", row)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path)
    yield found
    found.connection.close()


def test_the_last_request_of_each_turn_is_told_and_a_child_is_a_lane(
    database: Database,
) -> None:
    messages = (
        typed("a"),
        said({"Text": "I look."}, TOOL, **READ),
        said({"Text": "!"}),
    )
    again = (typed("b"), said({"Text": "Yes."}), "Resume")
    usage = {"a": USAGE, "b": {"input_tokens": 12_000}}
    database.thread("1", *messages, *again, usage=usage)
    database.thread("2", typed("d"), usage={"d": USAGE}, parent="1", plain=True)

    news = told(database.path, "zed")

    assert numbers(news.samples) == [
        ("main", 10_000, 1_000, 500, 41),
        ("main", 12_000, 0, 0, 0),
        ("agent-2", 10_000, 1_000, 500, 41),
    ]
    # Of a loop of tools only the last request is there, and it says so.
    assert [s.partial for s in news.samples] == ["tool_loop", "", ""]
    assert [s.message_count for s in news.samples] == [3, 5, 1]
    assert news.sessions == {"1": "Title of 1"}
    assert news.samples[0].metadata == {"repository": "shop"}
    assert news.samples[0].model == "m1"


def test_a_damaged_thread_is_counted_and_the_others_are_read(
    database: Database,
) -> None:
    database.thread("1", typed("a"), usage={"a": USAGE})
    database.connection.execute(
        "INSERT INTO threads SELECT 'x', summary, updated_at, 'zstd', 'no', NULL, '', "
        "'' FROM threads"
    )

    news = told(database.path, "zed")

    assert (news.malformed_lines, len(news.samples)) == (1, 1)


def test_somebody_elses_table_of_threads_is_nobodys(database: Database) -> None:
    database.connection.execute("ALTER TABLE threads DROP COLUMN data_type")

    assert client_of(database.path) is None
