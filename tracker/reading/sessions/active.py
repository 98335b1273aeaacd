"""Which sessions are active now: those that reported within a span."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from django.db.models import Case, Count, IntegerField, When

from tracker.domain.budget.status import LEVELS
from tracker.models.projects import Project
from tracker.models.sessions import LLMSession
from tracker.reading.sessions.listing.lists import sessions_of

SPANS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "8h": timedelta(hours=8),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
DEFAULT_SPAN = "1h"
SPAN_WORDS = {  # "in the last …"
    "15m": "15 minutes",
    "1h": "hour",
    "8h": "8 hours",
    "24h": "24 hours",
    "7d": "7 days",
}
SPREAD_OVER = 2_000  # sessions, the last active ones
STEP_PERCENT = 4
STEPS = 28  # up to 112 %; fuller sessions are in the last one


def span_named(name: str) -> str:
    """The name of a span; the default span's for an unknown one."""
    return name if name in SPANS else DEFAULT_SPAN


def active_counts(project_ids: Collection[int], since: datetime) -> dict[str, int]:
    """Per level, how many sessions have reported at `since` or later. Reads one entry
    of an index for each of them.
    """
    found = LLMSession.objects.filter(project__in=project_ids, last_at__gte=since)
    rows = found.order_by().values_list("level").annotate(Count("pk"))
    return dict.fromkeys(LEVELS, 0) | dict(rows)


@dataclass(frozen=True, slots=True)
class Spread:
    """How many sessions are how full, in steps of 4 % of available: the active ones by
    level, the emptiest first, and the idle ones.
    """

    active: list[list[str]]
    idle: list[int]


def spread(projects: Iterable[Project], since: datetime) -> Spread:
    """Of the SPREAD_OVER last active sessions. 0.83 of available is step 20."""
    # Compared by the database: making 2,000 times of texts took 11 ms.
    is_active = Case(When(last_at__gte=since, then=1), output_field=IntegerField())
    newest = (
        sessions_of(projects)
        .exclude(last_at=None)
        .order_by("-last_at")
        .values_list("used_ratio", "level", is_active)[:SPREAD_OVER]
    )
    found = Spread([[] for _ in range(STEPS)], [0] * STEPS)
    for ratio, level, reported in sorted(newest, key=itemgetter(0, 1)):
        step = min(STEPS - 1, max(0, int(ratio * 100 / STEP_PERCENT)))
        if reported:
            found.active[step].append(level)
        else:
            found.idle[step] += 1
    return found
