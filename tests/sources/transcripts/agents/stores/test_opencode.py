"""opencode's database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.agents.session_files import (
    numbers,
    reader_of,
    told,
    write_document,
)

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


def test_documents_of_older_versions_are_read(tmp_path: Path) -> None:
    storage = tmp_path / "storage"

    def session(key: str, title: str, parent: str = "") -> Path:
        times = {"created": 1_000, "updated": 9_000}
        document = {"id": key, "projectID": "p", "title": title, "time": times}
        document |= {"parentID": parent} if parent else {}
        return write_document(storage / "session" / "p" / f"{key}.json", document)

    def message(session: str, key: str, at: int, said: str, **told: Any) -> None:
        told |= {"id": key, "time": {"created": at}}
        write_document(storage / "message" / session / f"{key}.json", told)
        part = {"type": "text", "text": said}
        write_document(storage / "part" / key / "prt_1.json", part)

    cache = {"read": 1_000, "write": 500}
    tokens = {"input": 8_500, "output": 30, "reasoning": 11, "cache": cache}
    top = session("ses_a", "New session - 2026-01-05T12:00:00.000Z")
    child = session("ses_b", "Looks around", "ses_a")
    message("ses_a", "msg_2", 2_000, "Done.", role="assistant", tokens=tokens)
    message("ses_a", "msg_1", 1_500, "Count the files", role="user")
    message("ses_b", "msg_3", 1_800, "Done.", role="assistant", tokens=tokens)

    news, of_child = told(top, "opencode"), told(child, "opencode")

    assert numbers(news.samples) == [("main", 10_000, 1_000, 500, 41)]
    assert [sample.message_count for sample in news.samples] == [1]
    assert news.sessions == {"ses_a": "Count the files"}
    assert numbers(of_child.samples) == [("agent-ses_b", 10_000, 1_000, 500, 41)]
    assert {sample.session for sample in of_child.samples} == {"ses_a"}
