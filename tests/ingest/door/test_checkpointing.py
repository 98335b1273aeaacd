"""The log's pages reach the database while others write."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tracker.ingest.door import checkpointing


class Connected:
    """Django's connection as far as the thread asks it, over a file of our own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None

    def cursor(self) -> Any:
        if self._db is None:
            self._db = sqlite3.connect(self._path)
        return contextlib.closing(self._db.cursor())

    def close(self) -> None:
        if self._db is not None:
            self._db.close()


def written(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("CREATE TABLE t (text)")
    db.executemany("INSERT INTO t VALUES (?)", [("x" * 1_000,)] * 200)
    return db


@pytest.mark.parametrize(("reports", "is_copied"), [(1_000, True), (10, False)])
def test_pages_are_copied_once_there_are_enough_of_them(
    reports: int, is_copied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "db.sqlite3"
    monkeypatch.setattr(checkpointing, "connection", Connected(path))
    monkeypatch.setattr(checkpointing, "EVERY_SECONDS", 0.01)
    db = written(path)
    before = path.stat().st_size
    checkpointer = checkpointing.Checkpointer()
    checkpointer.stored_reports = reports

    checkpointer.start()
    until = time.monotonic() + (60 if is_copied else 0.2)
    while path.stat().st_size == before and time.monotonic() < until:
        time.sleep(0.01)
    checkpointer.stop()

    assert (path.stat().st_size > before) is is_copied
    db.close()


def test_commits_copy_nothing_while_pages_are_copied_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "db.sqlite3"
    connected = Connected(path)
    monkeypatch.setattr(checkpointing, "connection", connected)
    written(path).close()  # the last one to close copies all
    before = path.stat().st_size

    with connected.cursor() as cursor, checkpointing.copying_apart() as copy:
        for _ in range(3_000):
            cursor.execute("INSERT INTO t VALUES (?)", ("x" * 4_000,))
        cursor.connection.commit()
        after_commit = path.stat().st_size
        copy()
        after_copy = path.stat().st_size

    with connected.cursor() as cursor:
        restored = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
    connected.close()
    assert after_commit == before  # though 3,000 pages are more than SQLite's 1,000
    assert after_copy > before
    assert restored == 1_000


def test_a_failure_within_is_told_and_commits_copy_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = Connected(tmp_path / "db.sqlite3")
    monkeypatch.setattr(checkpointing, "connection", connected)

    with pytest.raises(ZeroDivisionError), checkpointing.copying_apart():
        monkeypatch.setattr(checkpointing, "copy_pages", None)  # nothing can be copied
        raise ZeroDivisionError

    with connected.cursor() as cursor:
        restored = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
    connected.close()
    assert restored == 1_000
