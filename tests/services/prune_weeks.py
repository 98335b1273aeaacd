"""Two projects with history of six weeks, pruned on PostgreSQL while a writer reports.

`python -m tests.services.prune_weeks` prints what was left, as one JSON object. The
database must hold no other project with sessions.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

import django

from tests.services.coming_weeks import record, weeks

DAYS = 42
KEPT = {"long": 14, "short": 7}  # retention_days


def main() -> None:
    django.setup()
    from django.utils import timezone

    now = timezone.now()
    with at_the_time(now):
        print(json.dumps(pruned_beside_a_writer(now), default=str))


def at_the_time(now: datetime) -> Any:
    """For prune: Monday may come meanwhile."""
    from tracker.management.commands import prune

    return mock.patch.object(prune, "timezone", SimpleNamespace(now=lambda: now))


def pruned_beside_a_writer(now: datetime) -> dict[str, Any]:
    from tracker.upkeep.weeks.partitions import make_weeks

    make_weeks(now)  # Monday may have come since the migration
    projects = {slug: make_project(slug, now) for slug in KEPT}
    found: dict[str, Any] = {"now": now.isoformat(), "first": sums()}
    found["first weeks"] = weeks()
    forever = make_project("forever", now)
    keep(forever, None)
    found["while one keeps all"] = [pruned(), weeks()]
    keep(forever, KEPT["long"])

    found["detached"] = leave_a_detached_week(now)
    found["kept after all"] = is_kept_after_all(forever, now)
    stop, reported = threading.Event(), [0.0, 0.0]
    writer = threading.Thread(
        target=report, args=(projects["short"], stop, reported), daemon=True
    )
    writer.start()
    until_has(lambda: reported[0] > 20)
    with vacuum_of_this_week(now):
        found["said"] = [pruned(), pruned()]
    stop.set()
    writer.join()
    found |= left({**projects, "forever": forever})
    found["reported"], found["longest"] = reported
    return found


def make_project(slug: str, now: datetime) -> Any:
    """A session with a sample for each of the days, and one that has long been idle."""
    from tracker.changes.access.api_keys import create_project

    project = create_project(slug=slug)[0]
    for days in reversed(range(DAYS)):
        record(project, "living", now - timedelta(days=days), f"d{days}")
    record(project, "idle", now - timedelta(days=DAYS - 1), "i")
    keep(project, KEPT.get(slug))
    return project


def keep(project: Any, days: int | None) -> None:
    project.retention_days = days
    project.save(update_fields=["retention_days"])


def pruned() -> str:
    from django.core.management import call_command

    out = io.StringIO()
    call_command("prune", stdout=out)
    return out.getvalue()


def leave_a_detached_week(now: datetime) -> str:
    """As a run does that is killed before it has dropped it."""
    from tracker.models import ConfigVersion
    from tracker.upkeep.weeks import dropping

    week = dropping.weeks_to_drop(now)[0]
    before = ConfigVersion.with_deletions()
    assert dropping._detach(week, now) is not None
    # Else sums in a server's memory would keep the week.
    assert ConfigVersion.with_deletions() > before
    return f"{week:%Y-%m-%d}"


def is_kept_after_all(project: Any, now: datetime) -> bool:
    """The project keeps all from when the week was chosen on."""
    from tracker.upkeep.weeks import dropping

    week = dropping.weeks_to_drop(now)[0]
    days = project.retention_days
    keep(project, None)
    is_kept = dropping.drop_week(week, now) is None
    keep(project, days)
    return is_kept and f"{week:%Y-%m-%d}" in weeks()


def report(project: Any, stop: threading.Event, reported: list[float]) -> None:
    """Without a pause; counts, and takes the time of the longest."""
    from django.db import connection

    while not stop.is_set():
        start = time.perf_counter()
        record(project, "busy", None, f"b{reported[0]}")
        reported[0] += 1
        reported[1] = max(reported[1], time.perf_counter() - start)
    connection.close()


@contextlib.contextmanager
def vacuum_of_this_week(now: datetime) -> Iterator[None]:
    """Its lock: prune drops other weeks all the same."""
    from django.db import connection

    from tracker.upkeep.weeks.partitions import partition_name, week_of

    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        week = partition_name(week_of(now))
        cursor.execute(f"LOCK TABLE {week} IN SHARE UPDATE EXCLUSIVE MODE")
    yield
    other.rollback()
    other.close()


def until_has(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 90
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)


def sums() -> int:
    from django.db.models import Sum

    from tracker.models import HourlyRollup

    return int(HourlyRollup.objects.aggregate(n=Sum("samples"))["n"])


def left(projects: dict[str, Any]) -> dict[str, Any]:
    from django.db import connection

    from tracker.models import EventKey, LLMSession, UsageSample
    from tracker.upkeep.verifying import verify

    found: dict[str, Any] = {"weeks": weeks(), "sums": sums()}
    found["wrong"] = [str(difference) for difference in verify()]
    for slug, project in projects.items():
        living = UsageSample.objects.filter(project=project, session__key="living")
        sessions = LLMSession.objects.filter(project=project)
        found[slug] = {
            "samples": [at.isoformat() for at in living.values_list("at", flat=True)],
            "keys": EventKey.objects.filter(session__in=sessions).count(),
            "sessions": sorted(sessions.values_list("key", flat=True)),
        }
    found["busy"] = UsageSample.objects.filter(session__key="busy").count()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'tracker_usagesample_g%'"
        )
        found["gone"] = cursor.fetchall()
    return found


if __name__ == "__main__":
    main()
