"""Counts what each source sends, and writes the counts every few seconds."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import DatabaseError, DataError, close_old_connections, transaction

from tracker.ingest.rows.store_trouble import is_away
from tracker.models import Project, SourceActivity

WRITE_SECONDS = 2.0
ERROR_CHARACTERS = 500  # it may quote what a client sent
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Arrived:
    """Counts since the last writing, of one project and source."""

    client: str = ""
    reports: int = 0
    twins: int = 0
    rejected: int = 0
    error: str = ""
    ignored: Counter[str] = field(default_factory=Counter)
    at: datetime = datetime.min.replace(tzinfo=UTC)


class ActivityLog:
    """Thread-safe. A timer writes what waits, so the last counts are written, too. What
    the database does not take is kept for the next time; a crash loses at most
    WRITE_SECONDS of counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[int, str], Arrived] = {}
        self._timer: threading.Timer | None = None

    def note(self, project_id: int, source: str, arrived: Arrived) -> None:
        with self._lock:
            known = self._waiting.setdefault((project_id, source), Arrived())
            known.client = arrived.client or known.client
            known.reports += arrived.reports
            known.twins += arrived.twins
            known.rejected += arrived.rejected
            known.error = arrived.error or known.error
            known.ignored += arrived.ignored
            known.at = max(known.at, arrived.at)
            if self._timer is None:
                self._timer = threading.Timer(WRITE_SECONDS, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write what waits. Called by the timer, and at shutdown."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()  # at shutdown it would fire after the database is closed
        close_old_connections()
        error: DatabaseError | None = None
        for key, arrived in sorted(waiting.items(), key=lambda i: i[0]):
            # When the database is away, each further try would wait for it in vain.
            if error is None or not is_away(error):
                error = _hindrance(key, arrived)
            if error is not None:
                self.note(*key, arrived)
        close_old_connections()


def _hindrance(key: tuple[int, str], arrived: Arrived) -> DatabaseError | None:
    """Add it; answers why the database does not take it now. Counts that it can never
    hold are logged and lost.
    """
    try:
        _add(*key, arrived)
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            logger.warning("Counts of %s wait for the database: %s", key, error)
            return error
        logger.exception("Counts of %s cannot be stored and are lost", key)
    return None


@transaction.atomic
def _add(project_id: int, source: str, arrived: Arrived) -> None:
    if not Project.objects.filter(pk=project_id).exists():
        return  # the project was deleted
    rows = SourceActivity.objects.select_for_update()
    row, _ = rows.get_or_create(
        project_id=project_id, source=source, defaults={"last_at": arrived.at}
    )
    row.client = arrived.client[:120] or row.client
    row.report_count += arrived.reports
    row.twin_count += arrived.twins
    row.rejected_count += arrived.rejected
    row.last_error = arrived.error[:ERROR_CHARACTERS] or row.last_error
    row.ignored = dict(Counter(row.ignored) + arrived.ignored)
    row.last_at = max(row.last_at, arrived.at)
    row.save()


activity = ActivityLog()
