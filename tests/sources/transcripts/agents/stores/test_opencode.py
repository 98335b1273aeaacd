"""opencode's database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.agents.session_files import numbers, reader_of, told

TABLES = """
CREATE TABLE session (id TEXT, parent_id TEXT, title TEXT, directory TEXT,
 time_created INTEGER);
CREATE TABLE message (id TEXT, session_id TEXT, time_created INTEGER, data TEXT);
CREATE TABLE part (id TEXT, message_id TEXT, session_id TEXT, time_created INTEGER,
 data TEXT);
"""


class Database:
    """What opencode would write, one row after the other."""

    def __init__(self, folder: Path, name: str = "opencode.db") -> None:
        self.path = folder / name
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.executescript(TABLES)

    def session(self, key: str, parent: str | None = None, created: int = 0) -> None:
        row = (key, parent, f"Title of {key}", "/src/shop", created)
        self.connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", row)

    def message(self, key: str, session: str, at: int, **data: Any) -> None:
        row = (key, session, at, json.dumps(data))
        self.connection.execute("INSERT INTO message VALUES (?, ?, ?, ?)", row)

    def part(self, message: str, session: str, at: int, **data: Any) -> None:
        row = (f"p{at}", message, session, at, json.dumps(data))
        self.connection.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?)", row)

    def answer(self, key: str, session: str, at: int, fresh: int, **data: Any) -> None:
        cache = {"read": 1_000, "write": 500}
        tokens = {"input": fresh, "output": 30, "reasoning": 11, "cache": cache}
        told = {"role": "assistant", "modelID": "m1", "tokens": tokens, **data}
        self.message(key, session, at, **told)


@pytest.fixture
def database(tmp_path: Path) -> Any:
    found = Database(tmp_path)
    yield found
    found.connection.close()


def test_cache_and_reasoning_are_added_and_a_child_is_a_lane(database: Any) -> None:
    database.session("top")
    database.session("child", "top")
    database.answer("a", "top", 1_000, 8_500)
    database.answer("b", "child", 2_000, 3_500)

    news = told(database.path, "opencode")

    assert numbers(news.samples) == [
        ("main", 10_000, 1_000, 500, 41),
        ("agent-child", 5_000, 1_000, 500, 41),
    ]
    assert {s.session for s in news.samples} == {"top"}
    assert news.sessions == {"top": "Title of top"}
    assert news.samples[0].metadata == {"repository": "shop"}


def test_an_automatic_compaction_and_one_that_failed(database: Any) -> None:
    database.session("top")
    database.answer("a", "top", 1_000, 88_500)
    database.message("b", "top", 2_000, role="user")
    database.part("b", "top", 2_000, type="compaction", auto=True)
    database.answer("c", "top", 3_000, 0, summary=True, error={"name": "Aborted"})
    database.answer("d", "top", 4_000, 200, summary=True)
    database.part("d", "top", 4_001, type="text", text="A summary")
    database.answer("e", "top", 5_000, 5_500)

    news = told(database.path, "opencode")

    [compaction] = news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (90_000, 7_000)
    assert (compaction.trigger, compaction.summary) == ("auto", "A summary")


def test_what_a_fork_copied_is_not_counted_again(database: Any) -> None:
    database.session("fork", created=5_000)
    database.answer("a", "fork", 1_000, 8_500)
    database.answer("b", "fork", 6_000, 9_500)

    samples = told(database.path, "opencode").samples

    assert [sample.used_tokens for sample in samples] == [11_000]


def test_what_comes_while_the_client_runs_is_told_once(database: Any) -> None:
    """It is written to the log beside the database first."""
    database.session("top")
    database.answer("a", "top", 1_000, 8_500)
    reader = reader_of(database.path, "opencode")
    assert len(reader.read_new().samples) == 1
    assert not reader.has_changed()

    database.answer("b", "top", 2_000, 9_500)

    assert reader.has_changed()
    assert [sample.event_id for sample in reader.read_new().samples] == ["b"]


def test_kilo_code_writes_the_same_tables_to_a_file_of_its_own(tmp_path: Path) -> None:
    kilo = Database(tmp_path, "kilo.db")
    kilo.session("top")
    kilo.session("fork", created=5_000)
    kilo.session("copied child", "fork", created=5_000)
    kilo.answer("a", "top", 1_000, 8_500)
    kilo.answer("b", "copied child", 1_000, 8_500)

    news = told(kilo.path, "kilo_code")

    assert [(s.origin, s.used_tokens) for s in news.samples] == [("kilo_code", 10_000)]
    kilo.connection.close()
