"""Goose's database, as its table version 17 has it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.transcripts.agents.session_files import numbers, told
from tracker.sources.transcripts.agents.registry import client_of

NOON = 1_767_614_400
TABLES = """
CREATE TABLE schema_version (version INTEGER);
CREATE TABLE sessions (id TEXT, name TEXT, description TEXT, working_dir TEXT,
 session_type TEXT, created_at TEXT, parent_session_id TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY, message_id TEXT, session_id TEXT,
 role TEXT, content_json TEXT, created_timestamp INTEGER, metadata_json TEXT);
"""
LEDGER = """
CREATE TABLE usage_ledger (id INTEGER PRIMARY KEY, session_id TEXT,
 created_timestamp INTEGER, model TEXT, input_tokens INTEGER, output_tokens INTEGER,
 cache_read_tokens INTEGER, cache_write_tokens INTEGER, cost_source TEXT,
 is_compaction INTEGER DEFAULT 0);
"""


class Database:
    """What Goose would write, one row after the other."""

    def __init__(self, folder: Path) -> None:
        (folder / "sessions").mkdir()
        self.path = folder / "sessions" / "sessions.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.executescript(TABLES + LEDGER)

    def session(self, key: str, parent: str | None = None) -> None:
        row = (key, f"Title of {key}", "", "/src/shop", "user", "2026-01-05", parent)
        self.connection.execute("INSERT INTO sessions VALUES (?,?,?,?,?,?,?)", row)

    def request(self, session: str, at: int, used: int, **more: object) -> None:
        told = {"cost_source": None, "is_compaction": 0, **more}
        row = (session, NOON + at, "m1", used, 41, 1_000, 500, *told.values())
        self.connection.execute(
            "INSERT INTO usage_ledger VALUES (NULL,?,?,?,?,?,?,?,?,?)", row
        )

    def says(
        self, session: str, at: int, role: str, *parts: object, alone: bool = False
    ) -> None:
        content = [
            {"type": "text", "text": part} if isinstance(part, str) else part
            for part in parts
        ]
        seen = json.dumps({"userVisible": not alone, "agentVisible": True})
        row = (session, role, json.dumps(content), NOON + at, seen)
        self.connection.execute(
            "INSERT INTO messages VALUES (NULL, 'x', ?, ?, ?, ?, ?)", row
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path)
    yield found
    found.connection.close()


def test_each_request_is_told_with_its_cache_and_a_child_is_a_lane(
    database: Database,
) -> None:
    database.session("top")
    database.session("child", "top")
    database.request("top", 1, 90_000, cost_source="carried_forward")
    database.request("top", 2, 10_000)
    database.request("child", 3, 5_000)

    news = told(database.path, "goose")

    assert numbers(news.samples) == [
        ("main", 10_000, 1_000, 500, 41),
        ("agent-child", 5_000, 1_000, 500, 41),
    ]
    assert {s.session for s in news.samples} == {"top"}
    assert news.sessions == {"top": "Title of top"}
    assert news.samples[0].metadata == {"repository": "shop"}
    assert news.samples[0].at is not None
    assert news.samples[0].at.timestamp() == NOON + 2


def test_a_copied_session_has_the_messages_and_no_request_again(
    database: Database,
) -> None:
    database.session("copy")
    database.says("copy", 1, "user", "Hello")
    database.says("copy", 2, "assistant", "Hello!")
    database.request("copy", 9, 10_000)

    [sample] = told(database.path, "goose").samples

    assert sample.message_count == 1  # its own answer is no part of what it held


def test_a_compaction_has_its_summary_and_what_went_before(database: Database) -> None:
    asked = {"type": "toolRequest", "id": "c", "toolCall": {"value": {"name": "read"}}}
    seen = {"type": "toolResponse", "id": "c", "toolResult": {"value": {"content": []}}}
    database.session("top")
    database.says("top", 1, "user", "Read it")
    database.says("top", 2, "assistant", "I read.", asked)
    database.says("top", 3, "user", seen)
    database.request("top", 2, 90_000)
    database.request("top", 6, 70_000, is_compaction=1)
    database.says("top", 5, "user", "A summary", alone=True)
    database.says("top", 5, "assistant", "made at the user's request", alone=True)
    database.request("top", 8, 7_000)

    news = told(database.path, "goose")

    [compaction] = news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (90_000, 7_000)
    assert (compaction.trigger, compaction.summary) == ("manual", "A summary")
    assert compaction.before is not None
    assert [m["role"] for m in compaction.before] == ["user", "assistant", "tool"]
    assert compaction.after is not None
    assert compaction.after[0]["content"] == "A summary"
    assert [s.implausible for s in news.samples] == [None, "helper_call", None]


def test_a_database_from_before_each_request_was_kept_is_nobodys(
    database: Database,
) -> None:
    database.connection.execute("DROP TABLE usage_ledger")

    assert client_of(database.path) is None
