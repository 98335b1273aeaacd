"""Finding transcripts and telling their format."""

from __future__ import annotations

import pytest

from tests.sources.transcripts.builder import assistant, codex, user, write
from tracker.sources.transcripts.reader import (
    TranscriptReader,
    reader_for,
    transcript_files,
)


def test_the_format_is_told_by_the_first_line(tmp_path):
    claude = write(tmp_path / "a.jsonl", {"type": "mode"}, assistant(1, 5_000))
    meta = codex("session_meta", {"id": "thread-1", "instructions": "x" * 9_000})
    rollout = write(tmp_path / "renamed.jsonl", meta)
    gemini = write(tmp_path / "g.jsonl", {"sessionId": "s", "projectHash": "h"})
    empty = write(tmp_path / "e.jsonl")

    assert reader_for(claude).format == "claude_code"
    assert reader_for(rollout).format == "codex"
    assert reader_for(gemini) is None
    assert reader_for(empty) is None


def test_a_rollout_is_known_by_its_name_when_its_head_is_lost(tmp_path):
    path = write(tmp_path / "rollout-2.jsonl", codex("turn_context", {"model": "m"}))

    assert reader_for(path).format == "codex"


def test_a_reader_says_what_it_cannot_read(tmp_path):
    path = write(tmp_path / "g.jsonl", {"sessionId": "s", "projectHash": "h"})

    with pytest.raises(ValueError, match="not a transcript"):
        TranscriptReader(path)


def test_a_state_resumes_its_format(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"))
    state = TranscriptReader(path, format="codex").state

    assert reader_for(path, state=state).format == "codex"


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

    found = [path.relative_to(tmp_path) for path in transcript_files([tmp_path])]

    assert [path.as_posix() for path in found] == [
        "other/c.jsonl",
        "project/a.jsonl",
        "project/b.jsonl",
        "project/a/subagents/agent-1.jsonl",
    ]


def test_a_given_file_is_taken_whatever_its_name(tmp_path):
    path = write(tmp_path / "transcript.txt", user("Hello"))

    assert list(transcript_files([path, tmp_path])) == [path]


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(transcript_files([tmp_path / "nowhere"]))


def test_a_link_in_a_circle_is_not_followed(tmp_path):
    write(tmp_path / "a.jsonl", user("Hello"))
    (tmp_path / "circle").symlink_to(tmp_path)

    assert len(list(transcript_files([tmp_path]))) == 1
