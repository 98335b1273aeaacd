"""manage.py import_transcripts: what its closing table says."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.sources.transcripts.builder import assistant, user, write
from tracker.sources.transcripts.following import reader


def imported(*paths: Path) -> dict[str, int]:
    """The closing table's rows by their names."""
    out = StringIO()
    call_command("import_transcripts", *map(str, paths), stdout=out, stderr=StringIO())
    rows = (line.rsplit(maxsplit=1) for line in out.getvalue().splitlines())
    return {name.strip(): int(number.replace(",", "")) for name, number in rows}


def test_what_is_passed_over_is_counted_by_its_reason(
    project: Any, tmp_path: Path
) -> None:
    write(tmp_path / "a.jsonl", user("Hello."), assistant(1, 5_000))
    write(tmp_path / "g.jsonl", {"kind": "note", "body": "b"})
    write(tmp_path / "h.jsonl", {"kind": "note", "body": "c"})
    (tmp_path / "notes.md").write_text("A note")
    (tmp_path / "nowhere.jsonl").symlink_to(tmp_path / "gone")

    rows = imported(tmp_path)

    assert rows["files"] == rows["samples added"] == 1
    assert rows["files of no known format"] == 3
    assert rows["JSON lines of another program"] == 2
    assert rows["another kind of file (.md)"] == 1
    assert rows["files that cannot be read"] == rows["a link to nowhere"] == 1


def test_the_first_files_of_each_reason_are_named(project: Any, tmp_path: Path) -> None:
    for name in "abcde":
        write(tmp_path / f"{name}.jsonl", {"kind": "note", "body": name})
    (tmp_path / "nowhere.jsonl").symlink_to(tmp_path / "gone")
    told = StringIO()

    call_command("import_transcripts", str(tmp_path), stdout=StringIO(), stderr=told)

    text = told.getvalue()
    assert f"Passed over: {tmp_path / 'nowhere.jsonl'} (a link to nowhere)" in text
    assert text.count(".jsonl (JSON lines of another program)") == 3
    assert "Passed over: 2 more (JSON lines of another program)" in text


def test_a_file_nobody_may_read_ends_nothing(
    project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.jsonl", user("Hello."), assistant(1, 5_000))
    write(tmp_path / "closed.jsonl", user("Hello."))
    recognise = reader.recognise

    def refuse(path: Path) -> Any:
        if path.name == "closed.jsonl":
            raise PermissionError(13, "Permission denied")
        return recognise(path)

    monkeypatch.setattr(reader, "recognise", refuse)

    rows = imported(tmp_path)

    assert rows["files that cannot be read"] == rows["no permission to read"] == 1
    assert rows["samples added"] == 1


def test_a_second_import_adds_nothing(project: Any, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", user("Hello."), assistant(1, 5_000))
    imported(tmp_path)

    rows = imported(tmp_path)

    assert (rows["samples added"], rows["files read before"]) == (0, 1)
