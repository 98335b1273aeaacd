"""A reader takes the format of its file, or of its saved state."""

from __future__ import annotations

import pytest

from tests.sources.transcripts.builder import assistant, codex, user, write
from tracker.sources.transcripts.following.reader import (
    NotATranscript,
    TranscriptReader,
)


def test_the_format_is_told_by_the_first_records(tmp_path):
    claude = write(tmp_path / "a.jsonl", {"type": "mode"}, assistant(1, 5_000))
    meta = codex("session_meta", {"id": "thread-1", "instructions": "x" * 9_000})
    rollout = write(tmp_path / "renamed.jsonl", meta)

    assert TranscriptReader(claude).format == "claude_code"
    assert TranscriptReader(rollout).format == "codex"


def test_a_reader_says_what_it_cannot_read(tmp_path):
    path = write(tmp_path / "g.jsonl", {"kind": "note", "body": "b"})

    with pytest.raises(NotATranscript, match="JSON lines of another program"):
        TranscriptReader(path)


def test_a_state_resumes_its_format(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"))
    state = TranscriptReader(path, format="codex").state

    assert TranscriptReader(path, state=state).format == "codex"
