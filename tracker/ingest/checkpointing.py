"""SQLite: moves the log's pages into the database beside the writer, not within it.

The writer's own checkpoint comes with every 16,000 pages of log and holds up whoever
reports for as long as copying them takes. This one is passive: it copies what it can
while others write, so that little is left for the writer's.
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
logger = logging.getLogger(__name__)


class Checkpointer:
    """`stored_reports` counts what was committed since the start."""

    def __init__(self, stored_reports: Callable[[], int]) -> None:
        self._stored_reports = stored_reports
        self._done = 0
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
                copy_pages()
            except DatabaseError as error:  # the writer's own will do it, or say why
                logger.warning("No checkpoint this time: %s", error)
                connection.close()
        connection.close()


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
        finally:
            copy_pages()
            cursor.execute(f"PRAGMA wal_autocheckpoint = {before}")
