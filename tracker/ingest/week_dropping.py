"""PostgreSQL: drops the weeks of samples that no project keeps any more."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import Error, connection
from django.db.models import Exists, OuterRef

from tracker.ingest.partitions import (
    TABLE,
    WEEK,
    changing_partitions,
    has_partitions,
    partition_name,
    patiently,
    stored_weeks,
    week_of,
)
from tracker.models import LLMSession, Project

GONE = f"{TABLE}_gone_"  # detached by us, about to be dropped
ONE = 0x7072756E  # one prune at a time: others would drop what it has detached


class Running(Exception):
    """Another process prunes this database."""


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Raises Running. The lock is the connection's and ends with it. Call outside of
    a transaction; SQLite needs none.
    """
    if not has_partitions():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE])
        if not cursor.fetchone()[0]:
            raise Running("another prune is running")
    try:
        yield
    finally:
        # What broke the connection is the error to tell.
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE])


def kept_since(now: datetime) -> datetime | None:
    """The oldest week that a project still keeps; None where one keeps all, and where
    history has no partitions. Projects without sessions have no say.
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


def drop_week(week: datetime, now: datetime) -> tuple[int, float] | None:
    """Rows that went with it, and the seconds others may have waited; None when a
    project has come to keep it. Raises Busy. Call outside of a transaction.
    """
    seconds = patiently(lambda: _detach(week, now))
    return None if seconds is None else (_drop(_gone(week)), seconds)


def drop_left() -> None:
    """What a run that was killed had detached and not dropped."""
    if not has_partitions():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE starts_with(relname, %s) "
            "AND relkind = 'r' AND pg_table_is_visible(oid)",
            [GONE],
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        _drop(name)


def _gone(week: datetime) -> str:
    return f"{GONE}{week:%Y%m%d}"


def _detach(week: datetime, now: datetime) -> float | None:
    """CONCURRENTLY is not to be had beside a DEFAULT partition, so reports wait for
    this: for the lock LOCK_MS at most, then for some milliseconds.
    """
    name = partition_name(week)
    with changing_partitions() as cursor:
        start = time.perf_counter()
        # ONLY: a vacuum may hold another week for minutes.
        cursor.execute(f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE")
        # Asked again now that nobody can write.
        if week not in weeks_to_drop(now):
            return None
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
        cursor.execute(f"ALTER TABLE {name} RENAME TO {_gone(week)}")
    return time.perf_counter() - start


def _drop(name: str) -> int:
    """Nobody waits for it: it belongs to the history no more."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")
        (rows,) = cursor.fetchone()
        cursor.execute(f"DROP TABLE {name}")
    return int(rows)
