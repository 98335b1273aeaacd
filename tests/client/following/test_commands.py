"""`token-budget agents` and `follow` as commands: what they print, how they end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import assistant, user, write
from tracker.client.cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Path) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_DATA_HOME", "LLM_USER_PATH"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_agents_lists_sessions_and_what_is_not_read(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / ".claude/projects/app"
    folder.mkdir(parents=True)
    write(folder / "a.jsonl", user("Hello."), assistant(1, 5_000))
    write(folder / "b.jsonl", {"kind": "note"})
    (folder / "notes.md").write_text("A note")

    assert main(["agents"]) == 0

    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("Claude Code") and " 1 sessions, 1 files" in first
    assert sorted(line.partition(", like")[0].strip() for line in rest) == [
        "not read: 1 × JSON lines of another program",
        "not read: 1 × another kind of file (.md)",
    ]


def test_names_of_files_do_not_move_the_cursor_or_end_the_reading(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / ".claude/projects/app"
    folder.mkdir(parents=True)
    for name in (b"a\x1b[2J.jsonl", b"b.\x1b[2J", b"c\xff.jsonl"):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_text("A note")
    write(folder / "d.jsonl", user("Hello."), assistant(1, 5_000))
    to = ["--to", "http://127.0.0.1:9", "--key", "tb_1", "--once"]

    assert main(["agents"]) == 0
    assert main(["follow", *to]) == 1

    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "c\N{REPLACEMENT CHARACTER}.jsonl" in said.out
    assert "Read 1 files, 1 sessions" in said.err


def test_without_agents_it_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agents"]) == 0
    assert "No coding agent" in capsys.readouterr().out


def test_follow_says_what_waits_and_what_it_did_not_read(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "files"
    folder.mkdir()
    write(folder / "a.jsonl", user("Hello."), assistant(1, 5_000))
    (folder / "notes.md").write_text("A note")
    to = ["--to", "http://127.0.0.1:9", "--key", "tb_1", "--once"]

    assert main(["follow", str(folder), *to]) == 1

    said = capsys.readouterr().err
    assert "no answer" in said and "1 wait." in said
    assert "notes.md (another kind of file (.md))" in said


def test_follow_needs_a_server(home: Path, capsys: Any) -> None:
    assert main(["follow", "--once"]) == 2
    assert "--to and --key" in capsys.readouterr().err
