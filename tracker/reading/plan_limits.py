"""The current plan limits of some projects, with forecasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.domain.plan_limits import (
    PlanLimit,
    foreseen_ratio,
    full_at,
    window_word,
)
from tracker.models import PlanLimitState, Project
from tracker.reading.sessions.clients import CLIENTS


@dataclass(frozen=True, slots=True)
class ShownLimit:
    """`foreseen` is a sentence; "" where too little is known."""

    project: Project
    limit: PlanLimit
    client: str
    window: str
    full_at: datetime | None
    foreseen: str

    @property
    def level(self) -> str:
        """`critical` from 95 %, `warning` from 80 % or where it will be full early."""
        if self.limit.used_ratio >= 0.95:
            return "critical"
        return "warning" if self.limit.used_ratio >= 0.8 or self.full_at else "ok"

    @property
    def bar(self) -> float:
        return round(min(100.0, 100 * self.limit.used_ratio), 1)


def plan_limits_of(
    projects: Iterable[Project], now: datetime, *, client: str = ""
) -> list[ShownLimit]:
    """Those whose window has not ended, the shortest window first. One query."""
    named = {project.pk: project for project in projects}
    rows = PlanLimitState.objects.filter(project__in=list(named))
    if client:
        rows = rows.filter(client=client)
    shown = []
    for row in rows.order_by("project", "client", "minutes"):
        ends = row.resets_at or row.at + timedelta(minutes=row.minutes)
        if ends > now:
            limit = PlanLimit(
                row.client, row.minutes, row.used_ratio, row.resets_at, row.at
            )
            shown.append(_shown(named[row.project_id], limit))
    return shown


def _shown(project: Project, limit: PlanLimit) -> ShownLimit:
    full, ratio = full_at(limit), foreseen_ratio(limit)
    if limit.used_ratio >= 1:
        words = "It is used up."
    elif full is not None and ratio is not None and limit.resets_at is not None:
        early = limit.resets_at - full
        words = f"At this pace it is used up {_span(early)} before it resets."
    elif ratio is not None:
        words = f"At this pace {100 * min(ratio, 1):.0f} % are used when it resets."
    else:
        words = ""
    name = CLIENTS.get(limit.client, limit.client)
    return ShownLimit(project, limit, name, window_word(limit.minutes), full, words)


def _span(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
