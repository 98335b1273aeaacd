"""Transcript files: finding them, telling their format, reading what is new."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any, Protocol

import msgspec

from tracker.sources.transcripts.claude_code.log import ClaudeCodeLog
from tracker.sources.transcripts.codex.log import CodexLog
from tracker.sources.transcripts.growing_file import GrowingFile, Position
from tracker.sources.transcripts.news import TranscriptNews

CLAUDE_CODE = "claude_code"
CODEX = "codex"
_HEAD_BYTES = 4096
# Size, mtime in ns and inode: a file that still looks so has not changed.
Look = tuple[int, int, int]


class Log(Protocol):
    """What understands one format's lines."""

    @property
    def state(self) -> dict[str, Any]: ...
    @property
    def titles(self) -> dict[str, str]: ...
    def read_line(self, start: int, raw: bytes, news: TranscriptNews) -> None: ...
    def flush(self, news: TranscriptNews) -> None: ...


_FORMATS: dict[str, Callable[..., Log]] = {
    CLAUDE_CODE: ClaudeCodeLog,
    CODEX: CodexLog,
}


class TranscriptReader:
    """One file, read as it grows. `state` is JSON and resumes another reader.

    Without a `format` it is told from the file's name and first line. A state that
    cannot be read, and a file that was truncated or replaced, mean: from the start.
    """

    def __init__(
        self, path: str | Path, *, format: str | None = None, state: Any = None
    ) -> None:
        self.path = Path(path)
        saved = state if isinstance(state, dict) else {}
        known = format or saved.get("format") or format_of(self.path)
        if known not in _FORMATS:
            raise ValueError(f"{self.path}: not a transcript this reader knows")
        self.format = str(known)
        try:
            position = msgspec.convert(saved.get("position"), Position)
        except msgspec.ValidationError:
            position, saved = Position(), {}
        self._file = GrowingFile(self.path, position)
        self._log = _FORMATS[self.format](self._file, saved.get("log"))

    @property
    def state(self) -> dict[str, Any]:
        """Where the next reading goes on; plain JSON."""
        return {
            "format": self.format,
            "position": msgspec.to_builtins(self._file.position),
            "log": self._log.state,
        }

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._file.position.offset

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
            self._log = _FORMATS[self.format](self._file)
        before = self.offset
        for start, raw in self._file.new_lines(max_bytes):
            self._take(start, raw, news)
        news.bytes_read = self.offset - before
        news.is_complete = self._file.position.seen is not None
        return self._named(news)

    def flush(self) -> TranscriptNews:
        """What waits for more, told as it stands: for a file that is finished.

        A compaction that no request has followed is reported with an estimate of
        what the window holds after it; should the file grow after all, the true
        number comes under the same `event_id`, which a store that knows it ignores.
        """
        news = TranscriptNews(self.path)
        self._log.flush(news)
        return self._named(news)

    def _take(self, start: int, raw: bytes, news: TranscriptNews) -> None:
        if not raw.strip():
            return
        news.lines += 1
        try:
            self._log.read_line(start, raw, news)
        except RecursionError:
            news.malformed_lines += 1  # nested deeper than any client writes

    def _named(self, news: TranscriptNews) -> TranscriptNews:
        news.name_sessions(self._log.titles)
        return news


def reader_for(path: str | Path, *, state: Any = None) -> TranscriptReader | None:
    """A reader of the format `path` has; None if it is none we read, or still empty."""
    if not isinstance(state, dict) and format_of(Path(path)) is None:
        return None
    try:
        return TranscriptReader(path, state=state)
    except ValueError:
        return None


def format_of(path: Path) -> str | None:
    """`claude_code`, `codex`, or None for another format or an empty file."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        return None
    first = head.split(b"\n", 1)[0]
    if b'"session_meta"' in first or (
        path.name.startswith("rollout-") and b'"payload"' in first
    ):
        return CODEX
    if b'"projectHash"' in first:  # Gemini CLI
        return None
    return CLAUDE_CODE


def transcript_files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """The given files, and every `*.jsonl` in the given folders, in stable order.

    A session's own file comes before those of its sub-agents. Links to folders are
    not followed. FileNotFoundError for a path that does not exist.
    """
    for path in paths:
        for name, _ in transcript_looks(Path(path)):
            yield Path(name)


def transcript_looks(path: Path) -> Iterator[tuple[str, Look]]:
    """The same for one path, as strings and with how each file looks.

    Made to be asked often: 5,000 files take some 20 ms.
    """
    if not path.is_dir():
        yield str(path), _look(path.stat())
        return
    folders = [os.fspath(path)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue  # gone meanwhile, or not ours to read
        inner = [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
        folders.extend(reversed(inner))
        for entry in found:
            if entry.name.endswith(".jsonl"):
                with suppress(OSError):
                    stat = entry.stat()
                    if S_ISREG(stat.st_mode):
                        yield entry.path, _look(stat)


def _look(stat: os.stat_result) -> Look:
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
