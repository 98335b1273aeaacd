"""SQLite: copies the write-ahead log into the database, in a thread beside the writer.

The writer's own checkpoint comes after 16,000 pages of log, and all reports wait while
it copies them. This one is passive: it copies what it can while others write, so that
little is left for the writer.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from django.db import DatabaseError, connection

from tracker.ingest.repeating import RepeatingThread
from tracker.ingest.rows.sql import is_sqlite

EVERY_SECONDS = 0.2
REPORTS = 250  # about 3,000 pages: fewer are not worth an fsync
logger = logging.getLogger(__name__)


class Checkpointer(RepeatingThread):
    """The writer adds to `stored_reports` what it has committed."""

    def __init__(self) -> None:
        super().__init__("checkpointer")
        self.stored_reports = 0
        self._done = 0

    def step(self) -> float:
        stored = self.stored_reports
        if stored - self._done >= REPORTS:
            self._done = stored
            try:
                copy_pages()
            except DatabaseError as error:
                # The writer's own checkpoint will do it, or fail and say why.
                logger.warning("No checkpoint this time: %s", error)
                connection.close()
        return EVERY_SECONDS


def copy_pages() -> None:
    """Copy what the log holds, except pages that somebody still reads. Call outside of
    a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextlib.contextmanager
def copying_apart() -> Iterator[Callable[[], None]]:
    """Within it no commit of this connection copies pages while others wait. Call the
    function it gives between two transactions: that copies them.
    """
    if not is_sqlite():
        yield lambda: None
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield copy_pages
            copy_pages()
        finally:
            cursor.execute(f"PRAGMA wal_autocheckpoint = {before}")
