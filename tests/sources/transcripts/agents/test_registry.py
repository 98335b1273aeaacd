"""Which client wrote a file, and which files are worth a look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.transcripts.agents.session_files import write_document, write_lines
from tracker.sources.transcripts.agents.registry import (
    CLIENTS,
    client_of,
    is_read_beside,
    may_be_a_session,
)


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
