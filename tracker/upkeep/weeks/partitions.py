"""PostgreSQL: samples are partitioned by week; each week is made before it begins.

A sample whose week has no partition goes into the DEFAULT partition, so ingest does not
fail. PostgreSQL reads all of DEFAULT for each week it adds, so DEFAULT is kept nearly
empty: samples from before the first week have a partition `before`, and those of a
dropped week stay in DEFAULT only until that week is made again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from tracker.models import UsageSample

TABLE = UsageSample._meta.db_table
DEFAULT, BEFORE = f"{TABLE}_default", f"{TABLE}_before"
WEEK = timedelta(days=7)
WEEKS_AHEAD = 4
MOST_OF_DEFAULT = 20  # weeks in one run: each reads all of DEFAULT while others wait
# Reports queue behind whoever waits for this lock, so nobody waits for it for long.
LOCK_MS = 30
TRIES, PAUSE = 100, 0.2  # seconds
ADVISORY = 0x70617274  # one process at a time changes partitions
LOCKED = ("55P03", "40P01")  # lock timeout; deadlock
Found = TypeVar("Found")


class Busy(Exception):
    """Another process changes partitions, or the lock could not be taken in time."""


def has_partitions() -> bool:
    return connection.vendor == "postgresql"


def week_of(at: datetime) -> datetime:
    """The Monday, 00:00 UTC, on which the week of `at` begins."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def partition_name(week: datetime) -> str:
    return f"{TABLE}_w{week:%Y%m%d}"


def stored_weeks() -> list[datetime]:
    """The Mondays of the existing partitions, oldest first. Partitions with other
    names were made by somebody else and are left out.
    """
    return sorted(filter(None, map(_week_named, _partitions())))


def _week_named(table: str) -> datetime | None:
    found = re.fullmatch(rf"{TABLE}_w(\d{{8}})", table, re.ASCII)
    try:
        day = datetime.strptime(found[1] if found else "", "%Y%m%d")
    except ValueError:
        return None
    week = day.replace(tzinfo=UTC)
    return week if week == week_of(week) else None


def make_weeks(now: datetime) -> list[datetime]:
    """Make this week, the next four, and the oldest weeks that DEFAULT has rows of.

    Returns those that were made. Raises Busy. Call outside a transaction. Rows further
    in the future stay in DEFAULT until their week comes.
    """
    if not has_partitions():
        return []
    first, there = week_of(now), set(stored_weeks())
    coming = [first + WEEK * number for number in range(WEEKS_AHEAD + 1)]
    made = _make_each([week for week in coming if week not in there])
    return made + _make_each(_weeks_of_default(first)[:MOST_OF_DEFAULT])


def _weeks_of_default(until: datetime) -> list[datetime]:
    """Oldest first. Weeks whose table was detached by hand but still exists are left
    out: the name is taken.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('week', at AT TIME ZONE 'UTC') "  # noqa: S608 - a partition named by its week
            f"FROM {DEFAULT} WHERE at < %s",
            [until],
        )
        weeks = sorted(week.replace(tzinfo=UTC) for (week,) in cursor.fetchall())
        names = [partition_name(week) for week in weeks]
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s)", [names])
        taken = {name for (name,) in cursor.fetchall()}
    return [week for week in weeks if partition_name(week) not in taken]


def _make_each(weeks: list[datetime]) -> list[datetime]:
    return [week for week in weeks if patiently(partial(_make, week))]


def _make(week: datetime) -> bool:
    name, until = partition_name(week), week + WEEK
    with changing_partitions() as cursor:
        if week in stored_weeks():
            return False
        cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE})")
        # A row written to DEFAULT between moving and attaching would make ATTACH fail.
        cursor.execute(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {DEFAULT} WHERE at >= %s AND at < %s "  # noqa: S608 - a partition named by its week
            f"RETURNING *) INSERT INTO {name} SELECT * FROM moved",
            [week, until],
        )
        cursor.execute(
            f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
            [week, until],
        )
    return True


@contextmanager
def changing_partitions() -> Iterator[Any]:
    """A transaction that waits for a lock for LOCK_MS at most: ingest waits with it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY])
        if not cursor.fetchone()[0]:
            raise Busy("another process is changing partitions")
        yield cursor


def patiently(change: Callable[[], Found]) -> Found:
    """Try again until the locks are taken. Raises Busy after about 20 seconds."""
    for _ in range(TRIES):
        try:
            return change()
        except Busy:
            time.sleep(PAUSE)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in LOCKED:
                raise
            time.sleep(PAUSE)
    raise Busy("the locks for changing partitions could not be taken")


def _partitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s)",
            [TABLE],
        )
        return [name for (name,) in cursor.fetchall()]
