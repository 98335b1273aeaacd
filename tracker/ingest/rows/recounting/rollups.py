"""Hourly sums recounted from the rows: what each row adds, what stored sums miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import CharField, Count, F, Q, Sum
from django.db.models.functions import Cast, Greatest, Substr, TruncHour

from tracker.ingest.rows.rollup_counts import RollupCounts
from tracker.ingest.rows.sql import is_sqlite
from tracker.models import (
    Compression,
    HourlyRollup,
    Project,
    ThresholdEvent,
    UsageSample,
)
from tracker.models.rollups import SUMS

# When a session began is stored nowhere else, so it cannot be recounted.
RECOUNTED = tuple(name for name in SUMS if name != "new_sessions")
Hours = dict[datetime, Counter[str]]


def rollup_differences(
    project: Project, *, since: datetime | None, counted: Hours | None = None
) -> list[tuple[datetime, str, int, int]]:
    """(hour, sum, stored, counted), from `since` on, the beginning of an hour: older
    rows are pruned. `counted`: those that were counted with other projects' at once.
    """
    stored = _stored(project, since)
    if counted is None:
        counted = counted_hours(project).get(project.pk, {})
    if since is not None:
        counted = {hour: sums for hour, sums in counted.items() if hour >= since}
    return [
        (hour, name, stored[hour][name], counted[hour][name])
        for hour in sorted(stored.keys() | counted.keys())
        for name in RECOUNTED
        if stored.setdefault(hour, Counter())[name]
        != counted.setdefault(hour, Counter())[name]
    ]


def repair_rollups(
    project: Project, differences: Iterable[tuple[datetime, str, int, int]]
) -> None:
    """Add what is missing, take off what is too much. Call in a transaction."""
    counts = RollupCounts()
    for hour, name, stored, counted in differences:
        counts.add(project.pk, hour, name, counted - stored)
    counts.write()


def take_off(project_id: int, rows: Iterable[Any]) -> None:
    """Subtract rows that are about to be deleted. Call in their transaction."""
    counts = RollupCounts()
    for row in rows:
        for name, value in _adds(row):
            counts.add(project_id, row.at, name, -value)
    counts.write()


def _adds(row: Any) -> list[tuple[str, int]]:
    if isinstance(row, UsageSample):
        return [("samples", 1), ("used_tokens", row.used_tokens)]
    if isinstance(row, ThresholdEvent):
        return [(f"{row.to_level}_events", 1)]
    if isinstance(row, Compression) and not row.is_advice:
        return [("compressions", 1), ("saved_tokens", max(0, row.saved_tokens))]
    return []


def _stored(project: Project, since: datetime | None) -> Hours:
    rows = HourlyRollup.objects.filter(project=project)
    if since is not None:
        rows = rows.filter(hour__gte=since)
    sums = {f"{name}_sum": Sum(name) for name in RECOUNTED}
    found: Any = rows.order_by().values("hour").annotate(**sums)
    return {
        row["hour"]: Counter({name: row[f"{name}_sum"] for name in RECOUNTED})
        for row in found
    }


def counted_hours(project: Project | None = None) -> dict[int, Hours]:
    """By project, for one or for all at once: PostgreSQL finds samples by their
    session, and would read all of them for each project.
    """
    found: dict[int, Hours] = {}

    def by_hour(model: Any, **sums: Any) -> None:
        rows = model.objects.all()
        if project is not None:
            rows = rows.filter(project=project)
        if model is Compression:
            rows = rows.filter(is_advice=False)
        hours = rows.order_by().annotate(hour=_hour())
        for row in hours.values("project_id", "hour").annotate(**sums).iterator():
            of_project = found.setdefault(row.pop("project_id"), {})
            hour = of_project.setdefault(_as_time(row.pop("hour")), Counter())
            hour.update({name.removesuffix("_sum"): n or 0 for name, n in row.items()})

    by_hour(UsageSample, samples_sum=Count("pk"), used_tokens_sum=Sum("used_tokens"))
    levels = ("ok", "warning", "compress", "critical", "exceeded")
    by_hour(
        ThresholdEvent,
        **{f"{lv}_events_sum": Count("pk", filter=Q(to_level=lv)) for lv in levels},
    )
    saved = Greatest(F("before_tokens") - F("after_tokens"), 0)
    by_hour(Compression, compressions_sum=Count("pk"), saved_tokens_sum=Sum(saved))
    return found


def _hour() -> Any:
    """SQLite: the beginning of the text. Django would ask Python for each row, a fifth
    of all that `verify` takes, while the log that others write to cannot be emptied.
    """
    if is_sqlite():
        return Substr(Cast("at", CharField()), 1, len("2026-11-30 12"))
    return TruncHour("at")


def _as_time(hour: datetime | str) -> datetime:
    if isinstance(hour, datetime):
        return hour
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
