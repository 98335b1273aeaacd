"""The button on the first page that imports the sessions of agents found here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import assistant, user, write
from tracker.changes.agent_import import Progress, agent_import

BUTTON = 'action="/agents/import/"'


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What was begun, on a machine with one session of Claude Code."""
    folder = tmp_path / ".claude/projects/app"
    folder.mkdir(parents=True)
    write(folder / "a.jsonl", user("Hello."), assistant(1, 5_000))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    started: list[Any] = []

    def start(folders: Sequence[Path], progress: Progress) -> None:
        started.append((list(folders), progress))

    agent_import.offer(start)
    yield started
    agent_import.offer(start)
    agent_import.withdraw()


@pytest.fixture
def owner(admin_client: Any, project: Any) -> Any:
    return admin_client


def test_it_shows_what_is_found_and_begins_once(
    owner: Any, begun: list[Any], tmp_path: Path
) -> None:
    page = owner.get("/").content.decode()
    assert BUTTON in page and "Claude Code" in page and "1 session file," in page

    assert owner.post("/agents/import/").status_code == 302
    assert owner.post("/agents/import/").status_code == 302

    [(folders, progress)] = begun
    assert folders == [tmp_path / ".claude/projects"]
    assert progress.total_bytes > 0
    assert BUTTON not in owner.get("/").content.decode()


def test_the_progress_names_what_is_not_read_and_ends_when_all_is(
    owner: Any, begun: list[Any]
) -> None:
    owner.post("/agents/import/")
    [(_, progress)] = begun
    progress.read_bytes = progress.total_bytes // 2
    progress.passed_over.take("/x/notes.md", "another kind of file (.md)")

    half = owner.get("/agents/progress/")
    progress.is_read = True
    whole = owner.get("/agents/progress/")

    assert half.status_code == 200 and " %</h2>" in half.content.decode()
    assert "1 × another kind of file (.md)" in half.content.decode()
    assert whole.status_code == 286  # htmx asks no more
    assert "imported and followed" in whole.content.decode()


def test_members_and_servers_for_others_are_offered_nothing(
    member: Any, begun: list[Any]
) -> None:
    assert BUTTON not in member.get("/").content.decode()
    assert member.post("/agents/import/").status_code == 403
    assert member.get("/agents/progress/").status_code == 403

    agent_import.withdraw()
    member.user.is_superuser = True
    member.user.save()

    assert BUTTON not in member.get("/").content.decode()
    assert member.post("/agents/import/").status_code == 403
    assert begun == []


def test_it_needs_the_token_of_a_form(
    begun: list[Any], admin_user: Any, project: Any
) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post("/agents/import/").status_code == 403
    assert begun == []
