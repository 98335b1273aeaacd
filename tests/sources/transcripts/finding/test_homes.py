"""The folders in which this person's clients keep their sessions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sources.transcripts.builder import assistant, user, write
from tracker.sources.transcripts.finding.homes import client_folders, session_folders

NOON = 1_767_614_400


def test_what_is_there_is_told_with_its_size_and_time(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "app"
    folder.mkdir(parents=True)
    path = write(folder / "a.jsonl", user("Hello."), assistant(1, 5_000))
    os.utime(path, (NOON, NOON))
    (tmp_path / ".gemini" / "tmp").mkdir(parents=True)  # installed, never used

    [found] = session_folders(tmp_path, {})

    assert (found.client, found.files) == ("Claude Code", 1)
    assert found.folder == tmp_path / ".claude" / "projects"
    assert found.size == path.stat().st_size
    assert "newest 2026-01-05 12:00 UTC" in str(found)


def test_a_client_that_was_moved_is_found_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "sessions"
    folder.mkdir(parents=True)
    write(folder / "rollout-1.jsonl", {"type": "session_meta", "payload": {}})

    [found] = session_folders(tmp_path, {"CODEX_HOME": str(tmp_path / "elsewhere")})

    assert (found.client, found.folder) == ("Codex", folder)


@pytest.mark.parametrize(
    ("client", "variable", "below"),
    [
        ("Gemini CLI", "GEMINI_CLI_HOME", ".gemini/tmp"),
        ("Qwen Code", "QWEN_HOME", "projects"),
        ("Qwen Code", "QWEN_RUNTIME_DIR", "projects"),
        ("GitHub Copilot CLI", "COPILOT_HOME", "session-state"),
        ("pi", "PI_CODING_AGENT_DIR", "sessions"),
        ("Codex, archived", "CODEX_HOME", "archived_sessions"),
        ("opencode", "XDG_DATA_HOME", "opencode"),
    ],
)
def test_each_client_has_its_own_word_for_where_it_lies(
    client: str, variable: str, below: str
) -> None:
    """Each was set for the client itself, and it wrote there."""
    folders = dict(client_folders(Path("/home/me"), {variable: "/srv/moved"}))

    assert folders[client] == Path("/srv/moved") / below
