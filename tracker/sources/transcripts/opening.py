"""The reader for a session file, whichever client wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from tracker.sources.transcripts.agents.reader import AgentReader
from tracker.sources.transcripts.agents.registry import client_of
from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.following.reader import TranscriptReader


class SessionReader(Protocol):
    """One session file, read as it grows or changes."""

    @property
    def path(self) -> Path: ...
    @property
    def state(self) -> dict[str, Any]: ...
    def rests(self) -> bool: ...
    def read_new(self, max_bytes: int | None = None) -> TranscriptNews: ...
    def flush(self, *, later: bool = False) -> TranscriptNews: ...


def open_session(
    path: str | Path, *, copies: Copies | None = None, state: Any = None
) -> SessionReader:
    """The reader that fits the file's first records. With the `state` of another
    reader of the file it goes on where that one was.

    NotATranscript, with the reason, if no client here wrote it; OSError if it cannot
    be read.
    """
    client = client_of(Path(path))
    if client is not None:
        return AgentReader(Path(path), client, state=state)
    return TranscriptReader(path, copies=copies, state=state)
