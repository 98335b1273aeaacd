"""One transcript file, read as it grows, whichever client wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec

from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.claude_code.log import ClaudeCodeLog
from tracker.sources.transcripts.codex.log import CodexLog
from tracker.sources.transcripts.following.growing_file import GrowingFile, Position
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.formats import CLAUDE_CODE, CODEX, recognise


class Log(Protocol):
    """What understands one format's lines."""

    @property
    def state(self) -> dict[str, Any]: ...
    @property
    def titles(self) -> dict[str, str]: ...
    def read_line(self, start: int, raw: bytes, news: TranscriptNews) -> None: ...
    def flush(self, news: TranscriptNews, *, later: bool = False) -> None: ...
    def compose(self, news: TranscriptNews) -> None: ...


_FORMATS = (CLAUDE_CODE, CODEX)


class NotATranscript(ValueError):
    """A file of an unknown format; `reason` says why in a few words."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: not a transcript this reader knows ({reason})")
        self.reason = reason


class TranscriptReader:
    """One file, read as it grows. `state` is JSON and resumes another reader.

    Without a `format` it is told from the file's first records; NotATranscript says
    why it is none we read. A state that cannot be read, and a file that was truncated
    or replaced, mean: from the start. `copies` knows the other files of the folder:
    without it a history that is copied without a mark is counted here, too.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        format: str | None = None,
        state: Any = None,
        copies: Copies | None = None,
    ) -> None:
        self.path = Path(path)
        saved = state if isinstance(state, dict) else {}
        known = format or saved.get("format")
        if known not in _FORMATS:
            recognised = recognise(self.path)
            if recognised.format is None:
                raise NotATranscript(self.path, recognised.reason)
            known = recognised.format
        self.format = str(known)
        try:
            position = msgspec.convert(saved.get("position"), Position)
        except msgspec.ValidationError:
            position, saved = Position(), {}
        self._file = GrowingFile(self.path, position)
        self._copies = copies
        self._log = self._begin(saved.get("log"))

    @property
    def state(self) -> dict[str, Any]:
        """Where the next reading continues; plain JSON."""
        return {
            "format": self.format,
            "position": msgspec.to_builtins(self._file.position),
            "log": self._log.state,
        }

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._file.position.offset

    def rests(self) -> bool:
        """Never: it reads only what was appended."""
        return False

    def has_changed(self) -> bool:
        """Whether there may be something to read; OSError if the file is gone."""
        return self._file.has_changed()

    def read_new(self, max_bytes: int | None = None) -> TranscriptNews:
        """What was appended since the last reading, whole lines only.

        With `max_bytes` it stops after about so many; `is_complete` tells whether
        that was all. OSError if the file cannot be read.
        """
        news = TranscriptNews(self.path)
        if not self._file.has_changed():
            return self._named(news)
        if self._file.starts_anew():
            news.has_restarted = True
            self._log = self._begin()
        before = self.offset
        for start, raw in self._file.new_lines(max_bytes):
            self._take(start, raw, news)
        news.bytes_read = self.offset - before
        news.is_complete = self._file.position.seen is not None
        return self._named(news)

    def flush(self, *, later: bool = False) -> TranscriptNews:
        """Report what waited for more lines, as it stands: for a finished file.

        A compaction that no request has followed is reported with an estimate of
        what the window holds after it; should the file grow after all, the true
        number comes under the same `event_id`, which a store that knows it ignores.
        `later`: what came since a compaction is not read now, if a reader with the same
        state can tell it as well.
        """
        news = TranscriptNews(self.path)
        self._log.flush(news, later=later)
        return self._named(news)

    def _begin(self, state: Any = None) -> Log:
        if self.format == CODEX:
            return CodexLog(self._file, state)
        elders = self._copies.elders_of(self.path) if self._copies else None
        return ClaudeCodeLog(self._file, state, elders=elders)

    def _take(self, start: int, raw: bytes, news: TranscriptNews) -> None:
        if raw.isspace():  # `strip` would copy the line
            return
        news.lines += 1
        try:
            self._log.read_line(start, raw, news)
        except RecursionError:
            news.malformed_lines += 1  # nested deeper than any client writes

    def _named(self, news: TranscriptNews) -> TranscriptNews:
        self._log.compose(news)
        news.name_sessions(self._log.titles)
        return news
