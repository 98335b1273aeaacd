"""SQLite: moves the log's pages into the database beside the writer, not within it.

The writer's own checkpoint comes with every 16,000 pages of log and holds up whoever
reports for as long as copying them takes. This one is passive: it copies what it can
while others write, so that little is left for the writer's.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from django.db import DatabaseError, connection

from tracker.ingest.door.repeating import RepeatingThread
from tracker.ingest.rows.sql import is_sqlite

EVERY_SECONDS = 0.2
REPORTS = 250  # some 3,000 pages: fewer are not worth an fsync
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
            except DatabaseError as error:  # the writer's own will do it, or say why
                logger.warning("No checkpoint this time: %s", error)
                connection.close()
        return EVERY_SECONDS


def copy_pages() -> None:
    """What the log holds now, as far as nobody reads it. Call outside of a
    transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextlib.contextmanager
def copying_apart() -> Iterator[Callable[[], None]]:
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
            copy_pages()
        finally:
            cursor.execute(f"PRAGMA wal_autocheckpoint = {before}")
