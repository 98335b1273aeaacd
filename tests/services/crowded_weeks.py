"""What prune does on PostgreSQL while somebody reads all of history, as pg_dump does,
and while another prune runs.

`python -m tests.services.crowded_weeks` prints one JSON object. The database must hold
no other project with sessions.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import astuple
from datetime import datetime
from typing import Any
from unittest import mock

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from tests.services.coming_weeks import weeks
    from tests.services.prune_weeks import at_the_time, make_project
    from tracker.upkeep.weeks import partitions

    now = timezone.now()
    for slug in ("long", "short"):
        make_project(slug, now)
    found: dict[str, Any] = {"now": now.isoformat()}
    with at_the_time(now):
        with reading_all(), mock.patch.multiple(partitions, TRIES=3, PAUSE=0.01):
            found["while read"] = told()
        found["weeks"] = weeks()
        found["left"] = left()
        found["still read"] = a_detached_week_that_is_read(now)
        found["two"] = two_at_once()
        found["afterwards"] = told()
    print(json.dumps(found))


@contextlib.contextmanager
def reading_all() -> Iterator[None]:
    """A week has yet to be made, which waits for the reader, too."""
    from django.db import connection

    from tests.services.coming_weeks import weeks

    with connection.cursor() as cursor:
        last = weeks()[-1].replace("-", "")
        cursor.execute(f"DROP TABLE tracker_usagesample_w{last}")
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE tracker_usagesample IN ACCESS SHARE MODE")
    yield
    other.rollback()
    other.close()


def left() -> dict[str, list[str]]:
    """Times of the samples of each project's session that lives."""
    from tracker.models import UsageSample

    found: dict[str, list[str]] = {"long": [], "short": []}
    rows = UsageSample.objects.filter(session__key="living").order_by("at")
    for slug, at in rows.values_list("project__slug", "at"):
        found[slug].append(at.isoformat())
    return found


def told() -> list[str]:
    """What prune said, and the error it ended with."""
    from django.core.management import CommandError, call_command

    out, error = io.StringIO(), ""
    try:
        call_command("prune", stdout=out)
    except CommandError as refused:
        error = str(refused)
    return [out.getvalue(), error]


def a_detached_week_that_is_read(now: datetime) -> dict[str, Any]:
    """By somebody who began before: prune goes on without it. The week counts as large
    here.
    """
    from django.db import connection

    from tracker.models import UsageSample
    from tracker.upkeep.weeks import dropping, partitions

    week = dropping.weeks_to_drop(now)[0]
    rows = UsageSample.objects.filter(at__gte=week, at__lt=week + partitions.WEEK)
    found: dict[str, Any] = {"rows": rows.count()}
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {partitions.partition_name(week)}")
    other = connection.copy()
    other.set_autocommit(False)
    count = dropping._rows

    def count_while_read(name: str) -> tuple[int, bool]:
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {name} IN ACCESS SHARE MODE")
        return count(name)

    with (
        mock.patch.multiple(dropping, COUNTED_BYTES=0, _rows=count_while_read),
        mock.patch.multiple(partitions, TRIES=3, PAUSE=0.01),
    ):
        found["dropped"] = astuple(dropping.drop_week(week, now))[:2]
    found["gone"] = gone()
    other.rollback()
    other.close()
    dropping.drop_left()
    found["gone later"] = gone()
    return found


def gone() -> int:
    """Tables that are detached and not dropped."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE %s",
            ["tracker_usagesample_gone_%"],
        )
        return int(cursor.fetchone()[0])


def two_at_once() -> list[list[str]]:
    """One, and the other that comes when the first has detached a week."""
    from django.db import connection

    from tracker.upkeep.weeks import dropping

    drop, second = dropping._drop, []

    def prune() -> None:
        second.append(told())
        connection.close()

    def let_the_other_run(name: str) -> Any:
        dropping._drop = drop
        thread = threading.Thread(target=prune)
        thread.start()
        thread.join()
        return drop(name)

    dropping._drop = let_the_other_run
    return [told(), *second]


if __name__ == "__main__":
    main()
