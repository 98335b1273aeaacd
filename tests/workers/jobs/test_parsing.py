"""Session files read part by part: whole, resumed, unreadable, young and old."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.transcripts.builder import (
    append,
    assistant,
    boundary,
    summary_message,
    user,
    write,
)
from tracker.domain.compression_words import Keeping
from tracker.sources.transcripts.finding.looks import look_at
from tracker.workers.jobs import parsing
from tracker.workers.jobs.parsing import (
    FileOrder,
    FileParser,
    FilePart,
    came_since,
)

COMPACTED = [
    user("Hello."),
    assistant(1, 5_000),
    boundary(5_000),
    summary_message("Short."),
    user("On."),
    assistant(2, 900),
]


def order(path: Path, *, state: str = "", mode: str = "yes") -> FileOrder:
    look = look_at(str(path), os.stat(path))
    return FileOrder(str(path), look, state, Keeping(mode))


def parts(asked: FileOrder) -> list[FilePart]:
    parser = FileParser()
    parser.begin(asked)
    found = [parser.next_part()]
    while not found[-1].is_last:
        found.append(parser.next_part())
    return found


def make_old(path: Path) -> Path:
    os.utime(path, (0, time.time() - 86_400))
    return path


def ids(found: list[FilePart]) -> list[str | None]:
    return [report.event_id for part in found for report in part.reports]


def test_a_large_file_comes_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "PART_BYTES", 1_000)
    path = write(tmp_path / "a.jsonl", *(assistant(n, 5_000) for n in range(1, 11)))

    found = parts(order(path))

    assert len(found) > 3
    assert ids(found) == [f"req_{n}" for n in range(1, 11)]
    assert sum(part.bytes_read for part in found) == path.stat().st_size


def test_it_goes_on_from_a_state(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", assistant(1, 5_000))
    [first] = parts(order(path))
    append(path, assistant(2, 6_000))

    assert ids(parts(order(path, state=first.state))) == ["req_2"]


def test_what_is_not_read_says_why(tmp_path: Path) -> None:
    other = write(tmp_path / "other.jsonl", {"kind": "note", "body": "b"})
    gone = order(write(tmp_path / "gone.jsonl", assistant(1, 5_000)))
    os.remove(gone.name)

    [unknown], [missing] = parts(order(other)), parts(gone)

    assert (unknown.is_unknown, unknown.why) == (True, "JSON lines of another program")
    assert (missing.is_unknown, missing.why) == (False, "gone meanwhile")


def test_an_old_compaction_is_ready_to_be_stored_and_its_review_due(
    tmp_path: Path,
) -> None:
    [part] = parts(order(write(tmp_path / "a.jsonl", *COMPACTED)))

    [compaction] = [r for r in part.reports if hasattr(r, "before_tokens")]
    assert compaction.before is None and compaction.words is not None
    assert compaction.words.is_review_due
    assert json.loads(compaction.words.before or "")[0]["content"] == "Hello."
    assert part.since == []  # the file may still grow


@pytest.mark.parametrize("mode", ["redacted", "no"])
def test_what_is_not_kept_as_it_is_is_reviewed_before(
    tmp_path: Path, mode: str
) -> None:
    [part] = parts(order(write(tmp_path / "a.jsonl", *COMPACTED), mode=mode))

    [compaction] = [r for r in part.reports if hasattr(r, "before_tokens")]
    assert compaction.before and compaction.words is None


def test_a_young_compaction_is_reviewed_before(tmp_path: Path) -> None:
    now = datetime.now(UTC).isoformat()
    lines = [{**line, "timestamp": now} for line in COMPACTED]
    [part] = parts(order(write(tmp_path / "a.jsonl", *lines)))

    [compaction] = [r for r in part.reports if hasattr(r, "before_tokens")]
    assert compaction.before and compaction.words is None


def test_a_finished_file_tells_what_came_since_its_last_compaction(
    tmp_path: Path,
) -> None:
    path = make_old(write(tmp_path / "a.jsonl", *COMPACTED))

    [part] = parts(order(path))

    [since] = part.since
    assert (since.session, since.lane, since.messages) == ("session-1", "main", None)
    [read] = came_since(str(path), part.state)
    assert (read.session, read.lane) == ("session-1", "main")
    assert "On." in (read.messages or "")


def test_nothing_came_since_in_a_file_that_is_gone(tmp_path: Path) -> None:
    path = make_old(write(tmp_path / "a.jsonl", *COMPACTED))
    [part] = parts(order(path))
    path.unlink()

    assert came_since(str(path), part.state) == []
