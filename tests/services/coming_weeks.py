"""Weeks that were not made in time, made by two threads at once while samples wait in
the DEFAULT partition. `python -m tests.services.coming_weeks` prints one JSON object.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import django


def main() -> None:
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from tracker.changes.access.api_keys import create_project
    from tracker.upkeep.weeks import partitions

    now = timezone.now()
    this_week = partitions.week_of(now)
    partitions.make_weeks(now)  # Monday may have come since the migration
    found: dict[str, Any] = {"first": weeks()}
    with connection.cursor() as cursor:
        for week in partitions.stored_weeks()[-5:]:
            cursor.execute(f"DROP TABLE {partitions.partition_name(week)}")
    project = create_project(slug="late")[0]
    record(project, "s", now, "a")
    record(project, "s", this_week - timedelta(days=40_000), "b")
    found["waiting"] = places()

    found["made"] = made_by_two(now)
    found["then"] = weeks()
    found["moved"] = places()
    record(project, "s", now, "c")
    found["later"] = places()

    found["busy"] = is_busy_while_somebody_reads(project, now)
    found["beside"] = places().get("d")
    found["next"] = [
        f"{week:%Y-%m-%d}" for week in partitions.make_weeks(now + partitions.WEEK)
    ]
    found["kept"] = is_kept_by_thread(now)
    found |= late_history(project, this_week)
    print(json.dumps(found))


def record(project: Any, session: str, at: datetime | None, event_id: str) -> None:
    from django.utils import timezone

    from tracker.domain.reports import Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder

    usage = UsageReport(
        session, 7, Parts(history=7), "counted", at=at, event_id=event_id
    )
    Recorder().record([Arrival(project.pk, usage, timezone.now())])


def weeks() -> list[str]:
    from tracker.upkeep.weeks.partitions import stored_weeks

    return [f"{week:%Y-%m-%d}" for week in stored_weeks()]


def places() -> dict[str, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, tableoid::regclass::text FROM tracker_usagesample"
        )
        return dict(cursor.fetchall())


def made_by_two(now: datetime) -> list[int]:
    """How many weeks each of two threads has made."""
    from django.db import connection

    from tracker.upkeep.weeks.partitions import make_weeks

    made: list[int] = []

    def make() -> None:
        made.append(len(make_weeks(now)))
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def is_busy_while_somebody_reads(project: Any, at: datetime) -> bool:
    """A long read of everything holds the DEFAULT partition; a report beside the one
    who waits for it is stored all the same.
    """
    from django.db import connection, transaction

    from tracker.models import UsageSample
    from tracker.upkeep.weeks import partitions

    partitions.TRIES, partitions.PAUSE = 3, 0.01
    errors: list[Exception] = []

    def make() -> None:
        try:
            partitions.make_weeks(at + partitions.WEEK)
        except partitions.Busy as error:
            errors.append(error)
        connection.close()

    def report() -> None:
        record(project, "s", at, "d")
        connection.close()

    with transaction.atomic():
        assert UsageSample.objects.count() == 3
        threads = [threading.Thread(target=target) for target in (make, report)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return len(errors) == 1


def is_kept_by_thread(now: datetime) -> bool:
    """The server's thread makes what is missing as it starts."""
    from django.db import connection

    from tracker.upkeep.weeks import partitions
    from tracker.upkeep.weeks.keeper import WeekKeeper

    last = partitions.week_of(now) + 4 * partitions.WEEK
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.partition_name(last)}")
    keeper = WeekKeeper()
    keeper.start()
    until = time.monotonic() + 90
    while last not in partitions.stored_weeks() and time.monotonic() < until:
        time.sleep(0.05)  # the keeper's thread tells nobody
    keeper.stop()
    return last in partitions.stored_weeks()


def late_history(project: Any, this_week: datetime) -> dict[str, Any]:
    """Samples of three past weeks that have no partition any more, the oldest because
    it was detached by hand, and one of next year; a week is made at a time.
    """
    from django.db import connection

    from tracker.models import UsageSample
    from tracker.upkeep.weeks import partitions

    past = [this_week - partitions.WEEK * number for number in (3, 2, 1)]
    names = [partitions.partition_name(week) for week in past]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE tracker_usagesample DETACH PARTITION {names[0]}")
        for name in names[1:]:
            cursor.execute(f"DROP TABLE {name}")
    for week, event_id in zip(past, "efg", strict=True):
        record(project, "s", week + partitions.WEEK / 2, event_id)
    next_year = UsageSample.objects.get(event_id="a")
    next_year.pk, next_year.event_id = None, "h"
    next_year.at = this_week + timedelta(days=365)
    next_year.save(force_insert=True)
    partitions.MOST_OF_DEFAULT = 1
    runs = [[f"{week:%Y%m%d}" for week in partitions.make_weeks(this_week)]
            for _ in range(3)]  # fmt: skip
    late_weeks = [name[-8:] for name in names]
    return {"late": runs, "late weeks": late_weeks, "late places": places()}


if __name__ == "__main__":
    main()
