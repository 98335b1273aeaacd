"""Which client wrote a file, and which files are worth a look."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.sources.transcripts.agents.session_files import write_document, write_lines
from tracker.sources.transcripts.agents.registry import (
    CLIENTS,
    client_of,
    is_read_beside,
    may_be_a_session,
)
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.formats import DATABASE, NO_JSON, NOT_KNOWN
from tracker.sources.transcripts.opening import open_session


def test_names_and_homes_are_each_clients_own() -> None:
    for of_each in ("name", "label", "home"):
        assert len({getattr(client, of_each) for client in CLIENTS}) == len(CLIENTS)


@pytest.mark.parametrize(
    "name", ["a.jsonl", "logs.db", "opencode.db", "sessions/a.json", "a.messages.json",
             "base_state.json", "conversation.jsonl", "journal/1.jsonl", "kilo.db",
             "sessions/sessions.db", "threads/threads.db", ".aider.chat.history.md"],
)  # fmt: skip
def test_a_file_of_that_name_by_somebody_else_is_nobodys(
    tmp_path: Path, name: str
) -> None:
    lines = write_lines(tmp_path / name, {"some": "thing"}, {"other": [1, 2]})

    assert client_of(lines) is None
    assert client_of(write_document(tmp_path / name, ["a", "list"])) is None


def test_a_database_that_is_none_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "opencode.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\x00" * 100)

    assert client_of(path) is None


def test_what_lies_beside_a_session_is_not_reported() -> None:
    assert may_be_a_session("/home/a/.local/share/opencode/opencode.db")
    assert is_read_beside("/home/a/.local/share/opencode/opencode.db-wal")
    assert not may_be_a_session("/home/a/notes.json")
    assert not is_read_beside("/home/a/notes.json")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kilo.db", DATABASE), ("sessions/sessions.db", DATABASE),
        ("threads/threads.db", DATABASE), (".aider.chat.history.md", NO_JSON),
        ("session.jsonl", NOT_KNOWN),
    ],
)  # fmt: skip
def test_a_file_that_only_looks_alike_is_refused_with_a_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if reason == DATABASE:
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE threads (id TEXT, summary TEXT)")
            database.execute("CREATE TABLE sessions (id TEXT)")
    elif reason == NO_JSON:
        path.write_text("# aider: notes of mine\n\n> Tokens: 4.1k sent\n")
    else:
        write_lines(path, {"type": "session_start", "id": "s", "version": 2})

    with pytest.raises(NotATranscript) as refused:
        open_session(path)

    assert refused.value.reason == reason
