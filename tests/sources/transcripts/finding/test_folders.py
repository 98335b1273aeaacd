"""Finding session files in folders and behind links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sources.transcripts.builder import user, write
from tracker.sources.transcripts.finding.folders import transcript_files


def files_in(paths, **options):
    return [Path(name) for name, _ in transcript_files(paths, **options)]


def found(*paths):
    """The names of the session files, and what was passed over, by reason."""
    passed_over = {}
    files = files_in(
        paths, passed_over=lambda path, reason: passed_over.update({path: reason})
    )
    names = [file.name for file in files]
    return names, {os.path.basename(path): why for path, why in passed_over.items()}


def test_folders_are_walked_sessions_before_their_agents(tmp_path):
    for name in (
        "project/b.jsonl",
        "project/a.jsonl",
        "project/a/subagents/agent-1.jsonl",
        "project/notes.txt",
        "other/c.jsonl",
    ):
        write(tmp_path / name, user("Hello"))
    (tmp_path / "other" / "folder.jsonl").mkdir()

    files = [path.relative_to(tmp_path) for path in files_in([tmp_path])]

    assert [path.as_posix() for path in files] == [
        "other/c.jsonl",
        "project/a.jsonl",
        "project/b.jsonl",
        "project/a/subagents/agent-1.jsonl",
    ]


def test_a_given_file_is_taken_whatever_its_name(tmp_path):
    path = write(tmp_path / "transcript.txt", user("Hello"))

    assert files_in([path, tmp_path]) == [path]


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        files_in([tmp_path / "nowhere"])


def test_a_project_folder_that_is_a_link_is_read(tmp_path):
    write(tmp_path / "elsewhere" / "s.jsonl", user("Hello"))
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "-home-p").symlink_to(tmp_path / "elsewhere")

    assert found(tmp_path / "projects") == (["s.jsonl"], {})


def test_links_in_a_circle_end_and_a_folder_is_read_once(tmp_path):
    write(tmp_path / "a" / "a.jsonl", user("Hello"))
    (tmp_path / "a" / "circle").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "itself").symlink_to(tmp_path / "itself")

    names, _ = found(tmp_path)

    assert names == ["a.jsonl"]


def test_what_is_not_taken_is_named_with_its_reason(tmp_path):
    write(tmp_path / "a.jsonl", user("Hello"))
    write(tmp_path / "a" / "subagents" / "agent-1.meta.json", {})
    write(tmp_path / "notes.md", "text")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")

    names, passed_over = found(tmp_path)

    assert names == ["a.jsonl"]
    assert passed_over == {
        "notes.md": "another kind of file (.md)",
        "gone.jsonl": "a link to nowhere",
    }


def test_a_name_that_no_database_can_hold_is_passed_over(tmp_path):
    write(tmp_path / "a.jsonl", user("Hello"))
    wrong = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(wrong)
    write(Path(os.fsdecode(wrong + b"/b.jsonl")), user("Hello"))
    why = {"\N{REPLACEMENT CHARACTER}": "a name that is no UTF-8"}

    assert found(tmp_path) == (["a.jsonl"], why)
    assert found(Path(os.fsdecode(wrong))) == ([], why)


def test_a_folder_nobody_may_list_is_named(tmp_path, monkeypatch):
    write(tmp_path / "closed" / "a.jsonl", user("Hello"))
    scan = os.scandir

    def refuse(folder):
        if folder.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)

    assert found(tmp_path) == ([], {"closed": "no permission to read"})
