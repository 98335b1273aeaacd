"""The complete lines appended to a file since it was last read."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO

import msgspec

from tracker.sources.transcripts.plain_file import open_plain, session_name

# Enough of a transcript's head to hold its session id and first timestamp.
_HEAD_BYTES = 1024
_TAIL_BYTES = 128


class Position(msgspec.Struct):
    """How far a file was read, and how to know it again."""

    offset: int = 0
    fingerprint: str = ""
    # Size, mtime in ns and inode when nothing was left to read: a file that still
    # looks so is not even opened.
    seen: tuple[int, int, int] | None = None


class GrowingFile:
    """Reads on where it stopped; a partial last line waits for its end.

    A last line without newline that holds a whole JSON object is not partial. Offsets
    are those of the plain text (plain_file.py): of a compressed file, what it holds.
    A file is known again by a fingerprint of what was read (its first bytes and the
    last ones before the offset), not by its inode: a copy that has grown goes on, a
    file that was truncated or replaced starts anew. So does one that changed and has
    not grown: somebody wrote into what was read.
    """

    def __init__(self, path: Path, position: Position | None = None) -> None:
        self.path = path
        self.name = session_name(path)
        self.position = position or Position()

    def has_changed(self) -> bool:
        """Whether a read could find anything; costs one stat."""
        return self._look() != self.position.seen

    def starts_anew(self) -> bool:
        """True once after what was read has disappeared; the offset is then 0."""
        if not self.position.offset:
            return False
        look, seen = self._look(), self.position.seen
        has_grown = seen is None or look[0] != seen[0] or look == seen
        with open_plain(self.path) as file:
            known = _fingerprint(file, self.position.offset)
        if has_grown and known == self.position.fingerprint:
            return False
        self.position = Position()
        return True

    def new_lines(self, max_bytes: int | None = None) -> Iterator[tuple[int, bytes]]:
        """(offset, line) of each complete line not yet read.

        Stops after the line that reaches `max_bytes`. Exhaust it: the position is
        fixed at the end.
        """
        look = self._look()
        left = float("inf") if max_bytes is None else max_bytes
        with open_plain(self.path) as file:
            file.seek(self.position.offset)
            at_end = True
            for line in file:
                if not line.endswith(b"\n") and not _is_whole(line):
                    break
                start = self.position.offset
                self.position.offset += len(line)
                left -= len(line)
                yield start, line
                if left <= 0:
                    at_end = False
                    break
            self._settle(file, look if at_end else None)

    def lines_between(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """(offset, line) of the lines that begin between two offsets, read again."""
        with open_plain(self.path) as file:
            file.seek(start)
            while start < end and (line := file.readline()):
                yield start, line
                start += len(line)

    def _settle(self, file: IO[bytes], seen: tuple[int, int, int] | None) -> None:
        self.position.fingerprint = _fingerprint(file, self.position.offset)
        self.position.seen = seen

    def _look(self) -> tuple[int, int, int]:
        stat = os.stat(self.path)
        return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _fingerprint(file: IO[bytes], offset: int) -> str:
    """Of the first bytes and of the last ones before `offset`."""
    digest = blake2b(digest_size=12)
    file.seek(0)
    digest.update(file.read(min(offset, _HEAD_BYTES)))
    start = max(0, offset - _TAIL_BYTES)
    file.seek(start)
    digest.update(file.read(offset - start))
    return digest.hexdigest()


def _is_whole(line: bytes) -> bool:
    if not line.endswith(b"}"):
        return False
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True
