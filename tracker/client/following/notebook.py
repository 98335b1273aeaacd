"""What was read of each session file, and what waits to be sent, in one SQLite file."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.sources.transcripts.finding.looks import Look

_TABLES = """
CREATE TABLE IF NOT EXISTS files
  (path TEXT PRIMARY KEY, look TEXT, state TEXT NOT NULL, sessions TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS unfinished (path TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class AlreadyFollowed(Exception):
    """Another process holds the notebook."""


@dataclass(frozen=True, slots=True)
class Read:
    """How far a file was read; `look` is None while some of it is still unread."""

    path: str
    look: Look | None
    state: dict[str, Any]
    sessions: Sequence[str]


class Notebook:
    """Guarantees that each report is kept once: a file's new state and the reports read
    with it are written in one transaction. After a kill at any moment, a report either
    waits here or is read again.

    One process at a time. Only its owner can read the file, because it holds
    conversations.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, timeout=0)
        try:
            # Two followers of one notebook would send each report twice.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_TABLES)
            self.set_fact("opened", "1")
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" in str(error):
                raise AlreadyFollowed(str(path)) from error
            raise
        size = "SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM outbox"
        self.waiting, self.waiting_bytes = self._db.execute(size).fetchone()

    def close(self) -> None:
        self._db.close()

    def fact(self, name: str) -> str:
        """ "" if it was never set."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,))
        found = row.fetchone()
        return str(found[0]) if found else ""

    def set_fact(self, name: str, value: str) -> None:
        with self._db:
            self._db.execute("REPLACE INTO facts VALUES (?, ?)", (name, value))

    def looks(self) -> dict[str, Look]:
        """How each file looked that was read to its end."""
        rows = self._db.execute("SELECT path, look FROM files WHERE look IS NOT NULL")
        found: dict[str, Look] = {}
        for path, look in rows:
            size, changed, inode = json.loads(look)
            found[path] = (size, changed, inode)
        return found

    def state_of(self, path: str) -> Any:
        """None for a file that was never read."""
        row = self._db.execute("SELECT state FROM files WHERE path = ?", (path,))
        found = row.fetchone()
        return json.loads(found[0]) if found else None

    def unfinished(self) -> list[str]:
        """The files with lines that wait for more and were not reported yet."""
        return [path for (path,) in self._db.execute("SELECT path FROM unfinished")]

    def note(
        self, read: Read, bodies: Sequence[bytes], *, is_finished: bool = False
    ) -> None:
        known = self.sessions_of(read.path)
        sessions = list(dict.fromkeys([*known, *read.sessions]))
        look = None if read.look is None else json.dumps(read.look)
        with self._db:
            self._db.execute(
                "REPLACE INTO files VALUES (?, ?, ?, ?)",
                (read.path, look, json.dumps(read.state), json.dumps(sessions)),
            )
            self._finish(read.path, is_finished=is_finished)
            self._put(bodies)

    def sessions_of(self, path: str) -> list[str]:
        row = self._db.execute("SELECT sessions FROM files WHERE path = ?", (path,))
        found = row.fetchone()
        return list(json.loads(found[0])) if found else []

    def sessions_of_only(self, path: str) -> list[str]:
        """The sessions that are in this file and in no other known one."""
        own = set(self.sessions_of(path))
        rows = self._db.execute("SELECT sessions FROM files WHERE path != ?", (path,))
        for (sessions,) in rows:
            own.difference_update(json.loads(sessions))
        return sorted(own)

    def forget(self, path: str, bodies: Sequence[bytes]) -> None:
        """The file is gone: forget it, and keep `bodies`, which tell the server."""
        with self._db:
            self._db.execute("DELETE FROM files WHERE path = ?", (path,))
            self._finish(path, is_finished=True)
            self._put(bodies)

    def oldest(self, count: int, most_bytes: int) -> list[tuple[int, bytes]]:
        """The oldest reports: at least one, if any waits, and at most so many bytes."""
        query = "SELECT id, body FROM outbox ORDER BY id LIMIT ?"
        found: list[tuple[int, bytes]] = []
        for place, body in self._db.execute(query, (count,)):
            most_bytes -= len(body)
            if found and most_bytes < 0:
                break
            found.append((place, body))
        return found

    def drop(self, sent: Sequence[tuple[int, bytes]]) -> None:
        with self._db:
            self._db.executemany(
                "DELETE FROM outbox WHERE id = ?", [(place,) for place, _ in sent]
            )
        self.waiting -= len(sent)
        self.waiting_bytes -= sum(len(body) for _, body in sent)

    def replace(self, place: int, old: bytes, new: bytes) -> None:
        with self._db:
            self._db.execute("UPDATE outbox SET body = ? WHERE id = ?", (new, place))
        self.waiting_bytes += len(new) - len(old)

    def _finish(self, path: str, *, is_finished: bool) -> None:
        change = "DELETE FROM unfinished WHERE path = ?"
        if not is_finished:
            change = "REPLACE INTO unfinished VALUES (?)"
        self._db.execute(change, (path,))

    def _put(self, bodies: Sequence[bytes]) -> None:
        self._db.executemany(
            "INSERT INTO outbox (body) VALUES (?)", [(body,) for body in bodies]
        )
        self.waiting += len(bodies)
        self.waiting_bytes += sum(map(len, bodies))
