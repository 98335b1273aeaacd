"""Session files that begin with another session's history without saying so.

Claude Code up to 2.0 resumed a session in a new file: it copied all lines with their
names, request ids and times, under the new session's id. Newer versions mark copied
lines (`requestSessionId`, `forkedFrom`) or go on in the same file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracker.sources.transcripts.claude_code.lines import DECODER, Line, origin_of
from tracker.sources.transcripts.finding.folders import ENDINGS
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.plain_file import open_plain
from tracker.sources.transcripts.turns import in_utc

_LINES_LOOKED_AT = 40
_BYTES_LOOKED_AT = 1 << 20
_NEVER = datetime.max.replace(tzinfo=UTC)
# A request: its message's id and its own.
Call = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of one file in its order: whose they are there, and when."""

    sessions: dict[Call, str]
    times: dict[Call, datetime]

    def went_on_at(self, shared: set[Call]) -> datetime:
        """When the first request of its own was made, after those it shares with
        another file.
        """
        own = _NEVER
        for call, at in self.times.items():
            if call in shared:
                own = _NEVER
            elif own is _NEVER:
                own = at
        return own


class ElderSessions:
    """Whether a request of the file `path` was copied from another of its family.

    Nothing is looked up before the first request is asked about, and which of two
    files was first is decided when the first request they share is met: a copy that is
    being written may hold no more than its first line before.
    """

    def __init__(self, path: Path, folder: Folder) -> None:
        self._path, self._folder = path, folder
        self._asked: dict[Path, Asked] | None = None
        self._is_elder: dict[Path, bool | None] = {}

    def have(
        self, session: str, message_id: str | None, request_id: str | None
    ) -> bool:
        """Whether another session, in an older file, asked for this."""
        call = _call(message_id, request_id)
        if call is None:
            return False
        if self._asked is None:
            self._is_elder = self._folder.family_of(self._path)
            self._asked = {other: _asked_in(other) for other in self._is_elder}
        return any(
            asked.sessions.get(call, session) != session and self._was_first(other)
            for other, asked in self._asked.items()
        )

    def _was_first(self, other: Path) -> bool:
        known = self._is_elder[other]
        if known is None:
            own, theirs = _asked_in(self._path), _asked_in(other)
            shared = set(own.sessions) & set(theirs.sessions)
            known = _age(other, theirs, shared) > _age(self._path, own, shared)
            self._is_elder[other] = known
        return known


class Copies:
    """Which files of a folder share a beginning, and which of them was first.

    The answer is the same in whatever order files are asked for, and stays so while
    they grow: a copy is made before the one it was made of goes on, so of two files
    the first is the one that goes on later, or not at all. A file that appears while
    others are followed is younger than they: it may still be in the making.

    Each file is opened once more, for its head. Only files that share their first line
    are read through again.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, Folder] = {}

    def elders_of(self, path: Path) -> ElderSessions:
        folder = self._folders.setdefault(path.parent, Folder(path.parent))
        return ElderSessions(path, folder)


class Folder:
    """The session files of one folder, by their first lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed: int | None = None
        self._listings = 0
        self._seen_at: dict[str, int] = {}  # file -> the listing that first had it
        self._roots: dict[str, str] = {}  # file -> the name of its first line
        self._by_root: dict[str, list[str]] = {}

    def family_of(self, path: Path) -> dict[Path, bool | None]:
        """The other files with the same first line: True for an older one, False for a
        younger. None where both were there at the first look: then their requests must
        tell.
        """
        own = str(path)
        self._list(again=own not in self._seen_at)
        self._take(own)
        mine = self._seen_at[own]
        family: dict[Path, bool | None] = {}
        for name in self._by_root.get(self._roots.get(own, ""), ()):
            if name != own:
                theirs = self._seen_at[name]
                family[Path(name)] = None if theirs == mine else theirs < mine
        return family

    def _list(self, *, again: bool) -> None:
        """Look for new files, unless the folder has not changed."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed == self._changed and not again:
                return
            names = [
                str(self._path / name)
                for name in os.listdir(self._path)
                if name.endswith(ENDINGS)
            ]
        except OSError:
            return
        self._changed = changed
        self._listings += 1
        for name in names:
            if name not in self._seen_at:
                self._take(name)

    def _take(self, name: str) -> None:
        self._seen_at.setdefault(name, self._listings)
        if name not in self._roots and (root := _first_name(Path(name))):
            self._roots[name] = root
            self._by_root.setdefault(root, []).append(name)


def _age(path: Path, asked: Asked, shared: set[Call]) -> tuple[datetime, int, str]:
    """Greater for the file that was there first."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0
    return asked.went_on_at(shared), -changed, path.name


def _first_name(path: Path) -> str:
    try:
        with open_plain(path) as file:
            left = _BYTES_LOOKED_AT
            for _ in range(_LINES_LOOKED_AT):
                line = file.readline(left)
                left -= len(line)
                if not line or left <= 0:
                    return ""
                decoded = decode_line(line, DECODER)
                if decoded is not None and decoded.uuid:
                    return decoded.uuid
    except OSError:
        pass
    return ""


def _asked_in(path: Path) -> Asked:
    asked = Asked({}, {})
    try:
        with open_plain(path) as file:
            for raw in file:
                if b'"usage"' in raw:
                    line = decode_line(raw, DECODER)
                    if line is not None:
                        _take(line, asked)
    except OSError:
        pass
    return asked


def _take(line: Line, asked: Asked) -> None:
    inner = line.data.message if line.data else None
    said = inner or line
    call = _call(said.message.id if said.message else None, said.request_id)
    if call is None or not line.session_id or origin_of(line):
        return
    asked.sessions.setdefault(call, line.session_id)
    at = in_utc(said.timestamp) or in_utc(line.timestamp)
    asked.times.setdefault(call, at or datetime.min.replace(tzinfo=UTC))


def _call(message_id: str | None, request_id: str | None) -> Call | None:
    return (message_id, request_id) if message_id and request_id else None
