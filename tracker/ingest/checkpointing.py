"""SQLite: moves the log's pages into the database beside the writer, not within it.

The writer's own checkpoint comes with every 16,000 pages of log and holds up whoever
reports for as long as copying them takes. This one is passive: it copies what it can
while others write. The few pages of that time the writer copies itself, between two
groups: only when all is copied does the log begin anew.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from django.db import DatabaseError, connection

from tracker.ingest.sql import is_sqlite

EVERY_SECONDS = 0.2
REPORTS = 250  # some 3,000 pages: fewer are not worth an fsync
LONG_LOG = 10_000  # pages: sooner than by itself
logger = logging.getLogger(__name__)


class Checkpointer:
    """`stored_reports` counts what was committed since the start."""

    def __init__(self, stored_reports: Callable[[], int]) -> None:
        self._stored_reports = stored_reports
        self._done = 0
        self.has_rest = False  # a long log of which little is left to copy
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="checkpointer", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            stored = self._stored_reports()
            if stored - self._done < REPORTS:
                continue
            self._done = stored
            try:
                self.has_rest = copy_pages() >= LONG_LOG
            except DatabaseError as error:  # the writer's own will do it, or say why
                logger.warning("No checkpoint this time: %s", error)
                connection.close()
        connection.close()

    def copy_rest(self) -> None:
        """For the writer: nothing is added meanwhile."""
        self.has_rest = False
        copy_pages()


def copy_pages() -> int:
    """What the log holds now, as far as nobody reads it; answers its pages. Call
    outside of a transaction.
    """
    with connection.cursor() as cursor:
        _, pages, _ = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


@contextlib.contextmanager
def copying_apart() -> Iterator[Callable[[], object]]:
    """Within it no commit of this connection copies pages, for which others would
    wait: what is answered does, between two transactions.
    """
    if not is_sqlite():
        yield lambda: None
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield copy_pages
        finally:
            copy_pages()
            cursor.execute(f"PRAGMA wal_autocheckpoint = {before}")
