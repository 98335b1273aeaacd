"""What an import does when all samples are there: what was used again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import (
    append,
    assistant,
    boundary,
    summary_message,
    user,
    write,
)

LINES = [
    user("The hinge of the shed needs part ERR_HINGE_4711 from /srv/shed/hinges.py."),
    assistant(1, 5_000),
    boundary(5_000),
    summary_message("They talked of a shed."),
    assistant(2, 900),
    user("Go on."),
    assistant(3, 1_000, content=[{"type": "text", "text": "ERR_HINGE_4711 is it."}]),
]


def make_old(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 86_400 * 10**9))


@pytest.fixture
def imported(project: Any, tmp_path: Path) -> Callable[[], Any]:
    """Read the folder; answers what has to be finished, and the files."""
    from tracker.ingest.door.process import get_writer
    from tracker.ingest.door.retrying import Retrying
    from tracker.management.read_files import ReadFiles
    from tracker.management.transcripts import TranscriptImport
    from tracker.sources.transcripts.finding.folders import transcript_looks

    def start() -> Any:
        retrying = Retrying(threading.Event())
        files = ReadFiles(project, retrying, folders=[tmp_path])
        found = TranscriptImport(project, get_writer(), retrying, files)
        found.import_files(list(transcript_looks(tmp_path)), progress=lambda _: None)
        return found.finishing, files

    return start


def used_again() -> int | None:
    from tracker.models import Compression

    count: int | None = Compression.objects.values_list("used_again", flat=True).get()
    return count


def test_what_was_used_again_is_read_from_the_file_when_its_turn_has_come(
    imported: Callable[[], Any], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", *LINES)
    make_old(path)
    finishing, files = imported()
    assert used_again() is None
    assert not files.is_finished(str(path))

    finishing.run(threading.Event(), lambda: None)

    assert used_again() == 1  # the part
    assert files.is_finished(str(path))


def test_a_file_that_grew_meanwhile_is_not_finished(
    imported: Callable[[], Any], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", *LINES)
    make_old(path)
    finishing, files = imported()
    append(path, user("On."))

    finishing.run(threading.Event(), lambda: None)

    assert not files.is_finished(str(path))
