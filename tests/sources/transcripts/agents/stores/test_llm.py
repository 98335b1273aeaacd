"""The database of `llm`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.sources.transcripts.agents.session_files import numbers, told

TABLES = """
CREATE TABLE _llm_migrations (name TEXT);
CREATE TABLE threads (id TEXT, name TEXT);
CREATE TABLE turns (id TEXT, thread_id TEXT, model TEXT, resolved_model TEXT,
 input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, datetime_utc TEXT);
CREATE TABLE turn_search (turn_id TEXT, prompt TEXT, response TEXT);
CREATE TABLE conversations (id TEXT, name TEXT);
CREATE TABLE responses (id TEXT, conversation_id TEXT, model TEXT, prompt TEXT,
 response TEXT, input_tokens INTEGER, output_tokens INTEGER, token_details TEXT,
 datetime_utc TEXT);
"""
MIDDAY = "2026-01-05T12:00:00+00:00"


def test_turns_and_what_an_older_version_left_are_one_history(tmp_path: Path) -> None:
    details = json.dumps({"prompt_tokens_details": {"cached_tokens": 1_200}})
    path = tmp_path / "logs.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(TABLES)
        database.execute("INSERT INTO threads VALUES ('t', 'A talk')")
        turn = ("b", "t", "m1", None, 4_100, 34, details, MIDDAY)
        database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)", turn)
        database.execute("INSERT INTO turn_search VALUES ('b', 'Hello', 'Hello.')")
        database.execute("INSERT INTO conversations VALUES ('t', 'A talk')")
        for key in ("a", "b"):  # "b" was taken over by the upgrade
            row = (key, "t", "m0", "Hi", "Hi.", 2_000, 20, None, MIDDAY)
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO responses VALUES ({marks})", row)

    news = told(path, "llm")

    assert numbers(news.samples) == [
        ("main", 4_100, 1_200, 0, 34),
        ("main", 2_000, 0, 0, 20),
    ]
    assert [sample.event_id for sample in news.samples] == ["b", "a"]
    assert news.sessions == {"t": "A talk"}


def test_input_of_claude_is_without_its_cache_and_of_others_with_it(
    tmp_path: Path,
) -> None:
    """llm 0.36 stores what each plugin says: llm-anthropic 0.30 puts Claude's
    `input_tokens` into the column and its cache into the details (seen in its
    `set_usage`, and run); llm-gemini 0.35 puts the whole prompt into the column.
    """
    claude = {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 5}
    gemini = {"cachedContentTokenCount": 40, "candidatesTokenCount": 20}
    rows = [("a", "claude-opus-4-5", 10, claude), ("b", "gemini-2.5-pro", 100, gemini)]
    path = tmp_path / "logs.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(TABLES)
        for key, model, asked, details in rows:
            turn = (key, key, model, None, asked, 3, json.dumps(details), MIDDAY)
            database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)", turn)

    assert numbers(told(path, "llm").samples) == [
        ("main", 115, 100, 5, 3),
        ("main", 100, 40, 0, 3),
    ]
