"""Sums per project and hour, so that a chart over months reads hundreds of rows and
not millions. The transaction that writes a sample updates them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django.db import models
from django.db.models import QuerySet, Sum

SUMS = (
    "samples",
    "used_tokens",
    "new_sessions",
    "compressions",
    "saved_tokens",
    "ok_events",
    "warning_events",
    "compress_events",
    "critical_events",
    "exceeded_events",
)


class HourlyRollup(models.Model):
    """Each sample, event and compression counts once, in the hour of its own time,
    however late and however often it was sent.

    `used_tokens` is the sum over the samples; divided by `samples` it is the mean
    occupancy. Each writing process has its own row (`writer`), so that processes do not
    wait for each other's commits. Readers add the rows up.
    """

    pk = models.CompositePrimaryKey("project_id", "hour", "writer")
    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, db_index=False
    )
    hour = models.DateTimeField()
    writer = models.SmallIntegerField(default=0)
    samples = models.BigIntegerField(default=0)
    used_tokens = models.BigIntegerField(default=0)
    new_sessions = models.BigIntegerField(default=0)
    compressions = models.BigIntegerField(default=0)
    saved_tokens = models.BigIntegerField(default=0)
    ok_events = models.BigIntegerField(default=0)
    warning_events = models.BigIntegerField(default=0)
    compress_events = models.BigIntegerField(default=0)
    critical_events = models.BigIntegerField(default=0)
    exceeded_events = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.samples:,} samples in {self.hour:%Y-%m-%d %H}h"


def hourly_sums(
    project_ids: Iterable[int], *, since: datetime, until: datetime
) -> QuerySet[HourlyRollup, dict[str, Any]]:
    """One dict per hour that is not empty, oldest first: `hour`, and `NAME_sum` for
    each of SUMS over these projects. `since` is rounded down to its hour.
    """
    start = since.replace(minute=0, second=0, microsecond=0)
    rows = HourlyRollup.objects.filter(
        project_id__in=list(project_ids), hour__gte=start, hour__lt=until
    )
    sums = rows.values("hour").annotate(**_sums()).order_by("hour")
    return cast("QuerySet[HourlyRollup, dict[str, Any]]", sums)


def _sums() -> dict[str, Any]:
    # An alias may not have a field's name while that field is summed.
    return {f"{name}_sum": Sum(name) for name in SUMS}
