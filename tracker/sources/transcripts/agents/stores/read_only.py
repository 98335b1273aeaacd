"""A running client's SQLite database, read without locking it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote


class DatabaseUnreadable(OSError):
    """The database is damaged, locked for long, or of another layout."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """`path` opened for reading; rows by name. DatabaseUnreadable if it cannot be.

    Read-only and without waiting: a client that writes is never held up. One snapshot
    is read, also while the client writes (its write-ahead log).
    """
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as error:
        raise DatabaseUnreadable(f"the database cannot be read: {error}") from error


def has_tables(path: Path, *names: str) -> bool:
    """Whether it is an SQLite database with all of these tables."""
    try:
        with path.open("rb") as file:
            if not file.read(16).startswith(b"SQLite format 3"):
                return False
        with opened(path) as database:
            found = database.execute("SELECT name FROM sqlite_master")
            return set(names) <= {row["name"] for row in found}
    except OSError:
        return False


def decoded(value: Any) -> Any:
    """The JSON in a column; None if it is not JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
