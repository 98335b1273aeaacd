"""Remembers in the database how far session files were read into a project."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from tracker import __version__
from tracker.ingest.door.retrying import Retrying
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.models import Project, ReadFile
from tracker.sources.transcripts.finding.looks import Look
from tracker.sources.transcripts.opening import SessionReader

# Raise it when readers find more in a file, or keep another state: files are then read
# once more from their start.
READERS = 1
READ_BY = f"{__version__}/{READERS}"
SAVE_SECONDS = 2.0
MOST_UNSAVED = 200  # files; a state has some KB
_UPDATED = ["look", "state", "read_by", "is_finished", "sessions", "below"]


class ReadFiles:
    """What is known of each file. Nothing is kept before what was read is stored, so a
    process that is killed reads some of it again, and event ids keep that from
    counting twice.

    One query reads all looks; a state is read when its file has changed. What was kept
    by another version is not used. `reads_again`: nothing that is known is used.

    Below `folders` it also knows which sessions each file tells of, whichever version
    read it, so that a file is missed that was deleted while nobody looked.

    A state holds titles and summaries as they were written. Where the project redacts
    or keeps no text, none is stored, and a file that grew between two runs is read
    from its start.
    """

    def __init__(
        self,
        project: Project,
        retrying: Retrying,
        *,
        folders: Iterable[str | Path] = (),
        reads_again: bool = False,
    ) -> None:
        self._project = project
        self._retrying = retrying
        self._folders = [os.path.abspath(folder) for folder in folders]
        self._looks: dict[str, tuple[str, bool]] = {}
        self._unsaved: dict[str, ReadFile] = {}
        self._distrusted: set[str] = set()
        self._saved_at = time.monotonic()
        self._keeps_states = retrying(self._begin)
        self._sessions: dict[str, set[str]] = retrying(self._stored_sessions)
        if not reads_again:
            self._looks = retrying(self._stored_looks)

    def _begin(self) -> bool:
        """Whether states are kept; those from before the project redacted go."""
        if keeping_of(self._project.pk).mode == "yes":
            return True
        self._rows.exclude(state="").update(state="")
        return False

    def _stored_looks(self) -> dict[str, tuple[str, bool]]:
        rows = self._rows.values_list("name", "look", "is_finished")
        return {name: (look, is_finished) for name, look, is_finished in rows}

    def _stored_sessions(self) -> dict[str, set[str]]:
        rows = ReadFile.objects.filter(project=self._project).exclude(sessions="[]")
        found = rows.values_list("name", "sessions")
        return {name: set(msgspec.json.decode(sessions)) for name, sessions in found}

    @property
    def _rows(self) -> Any:
        return ReadFile.objects.filter(project=self._project, read_by=READ_BY)

    def look_of(self, name: str) -> Look | None:
        parts = self._known(name)[0].split()
        return (int(parts[0]), int(parts[1]), int(parts[2])) if parts else None

    def is_finished(self, name: str) -> bool:
        """Whether what waited for more lines was told, too."""
        return self._known(name)[1]

    def state_of(self, name: str) -> Any:
        text = self.state_text_of(name)
        return msgspec.json.decode(text) if text else None

    def state_text_of(self, name: str) -> str:
        """The same as JSON; "" if nothing is known."""
        key = _key(name)
        if key in self._unsaved:
            text = self._unsaved[key].state
        elif key in self._looks:
            found = self._rows.filter(name=key).values_list("state", flat=True)
            text = self._retrying(found.first)
        else:
            text = None
        return text or ""

    def keep(
        self,
        name: str,
        look: Look | None,
        reader: SessionReader,
        *,
        is_finished: bool = False,
    ) -> None:
        state = msgspec.json.encode(reader.state).decode()
        self.keep_state(name, look, state, is_finished=is_finished)

    def keep_state(
        self, name: str, look: Look | None, state: str, *, is_finished: bool = False
    ) -> None:
        """The same with the reader's state as JSON."""
        key = _key(name)
        if key in self._distrusted:
            return
        seen = "" if look is None else " ".join(map(str, look))
        self._looks[key] = seen, is_finished
        self._unsaved[key] = ReadFile(
            project=self._project,
            name=key,
            look=seen,
            state=state if self._keeps_states else "",
            read_by=READ_BY,
            is_finished=is_finished,
            sessions=msgspec.json.encode(sorted(self._sessions.get(key, ()))).decode(),
            below=self._below(name),
        )
        if len(self._unsaved) >= MOST_UNSAVED:
            self._retrying(self.save)

    def tells_of(self, name: str, sessions: Iterable[str]) -> None:
        """Sessions that the file brought; those of earlier readings stay."""
        self._sessions.setdefault(_key(name), set()).update(sessions)

    def missing(self, present: Iterable[str]) -> set[str]:
        """The sessions of files that are gone, and that no other file tells of. These
        files are forgotten.

        `present` are all files that are there now. A file is gone if others lie below
        the folder it was found in: a folder without any may be a disk that is away.
        """
        there = list(present)
        folders = {self._below(name) for name in there} - {""}
        rows = ReadFile.objects.filter(project=self._project, below__in=folders)
        known = self._retrying(lambda: set(rows.values_list("name", flat=True)))
        return self._forget(known.difference(map(_key, there)))

    def forget(self, name: str) -> set[str]:
        """The same for one file, of which it is known that it was deleted."""
        return self._forget({_key(name)})

    def _forget(self, keys: set[str]) -> set[str]:
        gone = {each for key in keys for each in self._sessions.pop(key, ())}
        for key in keys:
            self._unsaved.pop(key, None)
            self._looks.pop(key, None)
        if keys:
            rows = ReadFile.objects.filter(project=self._project, name__in=keys)
            self._retrying(rows.delete)
        return gone.difference(*self._sessions.values())

    def _below(self, name: str) -> str:
        """A digest of the folder it was found in; "" if no folder was given."""
        path = os.path.abspath(name)
        for folder in self._folders:
            if path.startswith(os.path.join(folder, "")):
                return _key(folder)
        return ""

    def distrust(self, name: str) -> None:
        """Some of what it told is not stored: the next run reads it from its start."""
        key = _key(name)
        self._distrusted.add(key)
        self._unsaved.pop(key, None)
        self._retrying(self._rows.filter(name=key).delete)

    def rest(self) -> None:
        if self._unsaved and time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._retrying(self.save)

    def save(self) -> None:
        """Write what was kept since the last time. Safe to do again.

        Reviews keep files while others are followed: what comes in the meantime waits
        for the next time, and two savers write in one order. A project may have begun
        to redact while its files are followed: from then on no state is written.
        """
        if self._keeps_states:
            self._keeps_states = self._begin()
        if not self._keeps_states:
            for row in list(self._unsaved.values()):
                row.state = ""
        rows = sorted(self._unsaved.values(), key=lambda row: row.name)
        ReadFile.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["project", "name"],
            update_fields=_UPDATED,
        )
        for row in rows:
            if self._unsaved.get(row.name) is row:
                del self._unsaved[row.name]
        self._saved_at = time.monotonic()

    def _known(self, name: str) -> tuple[str, bool]:
        return self._looks.get(_key(name), ("", False))


def _key(name: str) -> str:
    path = os.fsencode(os.path.abspath(name))
    return blake2b(path, digest_size=16, usedforsecurity=False).hexdigest()
