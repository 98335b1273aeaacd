"""PostgreSQL: drops the weeks of samples that no project keeps any longer."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef

from budget_site.postgresql.held_lock import held_lock
from tracker.models import ConfigVersion, LLMSession, Project
from tracker.upkeep.weeks.partitions import (
    TABLE,
    WEEK,
    Busy,
    changing_partitions,
    has_partitions,
    partition_name,
    patiently,
    stored_weeks,
    week_of,
)

GONE = f"{TABLE}_gone_"  # detached by a prune, not dropped yet
ONE = 0x7072756E  # advisory lock: two prunes would drop each other's tables
COUNTED_BYTES = 64 * 2**20  # takes 30 ms to count; larger weeks are estimated
logger = logging.getLogger(__name__)


class Running(Exception):
    """Another process is pruning this database."""


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Raises Running. The lock ends with the process. SQLite needs no lock."""
    with held_lock(ONE) as is_held:
        if not is_held:
            raise Running("another prune is running")
        yield


def kept_since(now: datetime) -> datetime | None:
    """The oldest week that a project still keeps.

    None where a project keeps everything, and where there are no partitions. Projects
    without sessions are left out.
    """
    if not has_partitions():
        return None
    sessions = LLMSession.objects.filter(project=OuterRef("pk"))
    projects = Project.objects.filter(Exists(sessions))
    days = list(projects.values_list("retention_days", flat=True))
    longest = max((day for day in days if day is not None), default=None)
    if longest is None or None in days:
        return None
    return week_of(now - timedelta(days=longest))


def weeks_to_drop(now: datetime) -> list[datetime]:
    """Oldest first."""
    border = kept_since(now)
    if border is None:
        return []
    return [week for week in stored_weeks() if week + WEEK <= border]


@dataclass(frozen=True, slots=True)
class Dropped:
    """The rows of a dropped week (for a large one PostgreSQL's estimate), and for how
    many seconds writers may have waited.
    """

    rows: int
    is_counted: bool
    seconds: float


def drop_week(week: datetime, now: datetime) -> Dropped | None:
    """None when a project keeps the week after all. Raises Busy. Call outside a
    transaction.
    """
    seconds = patiently(lambda: _detach(week, now))
    if seconds is None:
        return None
    rows, is_counted = _rows(_gone(week))
    _drop(_gone(week))
    return Dropped(rows, is_counted, seconds)


def drop_left() -> None:
    """Drop what an earlier run detached and left: it was killed, or a query still read
    the table.
    """
    if not has_partitions():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname ~ %s "
            "AND relkind = 'r' AND pg_table_is_visible(oid)",
            [f"^{GONE}[0-9]{{8}}$"],
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        _drop(name)


def _gone(week: datetime) -> str:
    return f"{GONE}{week:%Y%m%d}"


def _detach(week: datetime, now: datetime) -> float | None:
    """PostgreSQL cannot detach CONCURRENTLY where there is a DEFAULT partition. So
    reports wait: LOCK_MS at most for the lock, then a few milliseconds.
    """
    name = partition_name(week)
    with changing_partitions() as cursor:
        start = time.perf_counter()
        # ONLY this table: a vacuum may hold the lock of another week for minutes.
        cursor.execute(f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE")
        # Ask again now that nobody can write: a project may keep longer since.
        if week not in weeks_to_drop(now):
            return None
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
        cursor.execute(f"ALTER TABLE {name} RENAME TO {_gone(week)}")
        ConfigVersion.samples_deleted()
    return time.perf_counter() - start


def _rows(name: str) -> tuple[int, bool]:
    """How many rows, and whether they were counted (else estimated)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass)", [name])
        if cursor.fetchone()[0] <= COUNTED_BYTES:
            cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608 - a partition named by its week
            return int(cursor.fetchone()[0]), True
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT FROM {name}")
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"]), False


def _drop(name: str) -> None:
    """The table is detached, so ingest does not wait for this."""

    def drop() -> None:
        with changing_partitions() as cursor:
            cursor.execute(f"DROP TABLE {name}")

    try:
        patiently(drop)
    except Busy:
        logger.warning("%s is still being read; the next prune will drop it", name)
