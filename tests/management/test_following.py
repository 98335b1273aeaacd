"""Transcripts that a server follows by itself (`manage.py up --transcripts`)."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import assistant, user, write


@pytest.fixture
def follow() -> Any:
    """Follow a folder until the test ends: answers what was said meanwhile."""
    from tracker.ingest.door.process import get_writer
    from tracker.management.following import keep_importing

    stop = threading.Event()
    said: list[str] = []
    threads: list[threading.Thread] = []

    def start(folder: Path) -> list[str]:
        get_writer()
        threads.append(keep_importing([folder], stop=stop, say=said.append))
        return said

    yield start
    stop.set()
    for thread in threads:
        thread.join(60)


def until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)  # another thread writes the rows
    return is_so()


def test_a_folder_that_comes_later_is_followed(
    project: Any, follow: Any, tmp_path: Path
) -> None:
    from tracker.models import UsageSample

    said = follow(tmp_path / "projects")
    (tmp_path / "projects").mkdir()
    write(tmp_path / "projects/a.jsonl", user("Hello."), assistant(1, 5_000))

    assert until(lambda: UsageSample.objects.filter(used_tokens=5_000).exists())
    assert said == []


def test_without_its_project_it_says_so_and_what_to_do(
    store: None, follow: Any, tmp_path: Path
) -> None:
    said = follow(tmp_path)

    assert until(lambda: bool(said))
    assert "no project 'default'" in said[0] and "--project NAME" in said[0]


def test_files_that_are_not_followed_are_counted_by_their_reason(
    project: Any, follow: Any, tmp_path: Path
) -> None:
    for name in "efgh":
        write(tmp_path / f"{name}.jsonl", {"kind": "note", "body": name})
    (tmp_path / "notes.md").write_text("A note")

    said = follow(tmp_path)

    assert until(lambda: len(said) == 5)
    assert "e.jsonl (JSON lines of another program)" in said[0]
    assert said[3] == "Passed over: 1 more (JSON lines of another program)"
    assert "notes.md (another kind of file (.md))" in said[4]

    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "more.md").write_text("Another note")

    assert until(lambda: len(said) == 6)
    assert "picture.png (another kind of file (.png))" in said[5]


def test_reviews_that_end_by_an_error_are_told_of() -> None:
    from django.db import DatabaseError

    from tracker.management import following
    from tracker.management.finishing import Finishing

    said: queue.Queue[str] = queue.Queue()

    class Ending(Finishing):
        def __init__(self) -> None:
            """It has nothing to finish."""

        def run(self, stop: threading.Event, progress: Callable[[], object]) -> None:
            raise DatabaseError("deadlock detected")

    following._finish_beside(Ending(), threading.Event(), said.put)

    assert "wait for the next start: deadlock detected" in said.get(timeout=60)
