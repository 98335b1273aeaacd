"""The reader that a file gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.transcripts.agents.lines.test_gemini_cli import answer, head
from tests.sources.transcripts.builder import assistant, user, write
from tracker.sources.transcripts.agents.reader import AgentReader
from tracker.sources.transcripts.following.reader import (
    NotATranscript,
    TranscriptReader,
)
from tracker.sources.transcripts.opening import open_session


def test_each_file_gets_the_reader_of_its_client(tmp_path: Path) -> None:
    claude = write(tmp_path / "c.jsonl", user("Hello."), assistant(1, 5_000))
    gemini = write(tmp_path / "g.jsonl", head("s"), answer("a", 9_000))

    assert isinstance(open_session(claude), TranscriptReader)
    assert isinstance(open_session(gemini), AgentReader)


def test_a_file_of_nobody_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {"kind": "note", "body": "b"})

    with pytest.raises(NotATranscript, match="JSON lines of another program"):
        open_session(path)
