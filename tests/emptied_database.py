"""Empties the database after a test that committed: SQLite's own copy of an empty one.

Django's `flush` deletes from each table, and then writes content types and permissions
anew: 11 commits and 22 ms of processor for each of some 1,500 tests. The copy is one
commit and 1 ms.
"""

from __future__ import annotations

import sqlite3
import time

from django.db import DEFAULT_DB_ALIAS, connections
from django.test import TransactionTestCase

LONGEST_WAIT_S = 60.0


class EmptiedDatabase:
    """`put_back()` leaves the tables as they were when this was made.

    Ids go on where they were, as after `flush`: what a process remembers of a row of
    one test is never taken for a row of the next.
    """

    def __init__(self) -> None:
        self._empty = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection().backup(self._empty)

    @staticmethod
    def _connection() -> sqlite3.Connection:
        django = connections[DEFAULT_DB_ALIAS]
        django.ensure_connection()
        found = django.connection
        assert isinstance(found, sqlite3.Connection)
        return found

    def put_back(self) -> None:
        """TimeoutError when another connection holds the database for a minute."""
        until = time.monotonic() + LONGEST_WAIT_S

        def give_up(*_: int) -> None:
            if time.monotonic() > until:
                raise TimeoutError("a connection of this test still holds its database")

        connection = self._connection()
        last = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        with self._empty:
            self._empty.execute("DELETE FROM sqlite_sequence")
            self._empty.executemany("INSERT INTO sqlite_sequence VALUES (?, ?)", last)
        self._empty.backup(connection, progress=give_up, sleep=0.01)


def empty_by_copy() -> None:
    """From here on, in this process: `flush` after the first test, then copies."""
    flush = TransactionTestCase._fixture_teardown
    emptied: EmptiedDatabase | None = None

    def put_back(test: TransactionTestCase) -> None:
        nonlocal emptied
        if emptied is None:
            flush(test)
            emptied = EmptiedDatabase()
        else:
            emptied.put_back()

    TransactionTestCase._fixture_teardown = put_back
