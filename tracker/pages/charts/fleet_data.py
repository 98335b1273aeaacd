"""What the whole fleet did, by hour, day or week, from the hourly roll-ups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db.models import Min

from tracker.domain.budget.status import LEVELS
from tracker.models import HourlyRollup, LLMSession
from tracker.models.rollups import SUMS, hourly_sums

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = {HOUR: "hour", DAY: "day", 7 * DAY: "week", 28 * DAY: "four weeks"}
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)  # weeks are counted from here
FEWEST_STEPS = 14  # drawn: one day's bar must not fill the plot
MOST_STEPS = 120  # drawn before steps are made longer: a bar is some pixels wide
MOST_SESSIONS = 2_000  # sessions that the list of models is made of
MOST_MODELS = 10


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What is drawn: from `start` to `end`, in steps of STEPS, in UTC."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def word(self) -> str:
        return STEPS[self.step]


@dataclass(frozen=True, slots=True)
class Step:
    """The sums from `at` on; `counts` has every name of rollups.SUMS."""

    at: datetime
    counts: Counter[str]

    @property
    def mean_tokens(self) -> int | None:
        """What a window held at a report; None where nothing was reported."""
        samples = self.counts["samples"]
        return self.counts["used_tokens"] // samples if samples else None

    @property
    def events(self) -> list[tuple[str, int]]:
        """Threshold events by the level reached, the worst first."""
        return [(name, self.counts[f"{name}_events"]) for name in reversed(LEVELS)]


@dataclass(frozen=True, slots=True)
class ModelUse:
    """The sessions of one model, by how full they stood at their last report."""

    name: str
    sessions: int
    median_ratio: float
    fullest_ratio: float
    alarmed: int  # from warning on


def span_of(period: str, project_ids: Iterable[int], *, now: datetime) -> TimeRange:
    """`period` is "24h", "14d" or "all", which takes longer steps for a long history.

    The present hour, day or week is the last step.
    """
    if period == "24h":
        end = _floor(now, HOUR) + HOUR
        return TimeRange(end - 24 * HOUR, end, HOUR)
    end = _floor(now, DAY) + DAY
    if period == "14d":
        return TimeRange(end - 14 * DAY, end, DAY)
    rows = HourlyRollup.objects.filter(project_id__in=list(project_ids))
    first = rows.aggregate(first=Min("hour"))["first"] or now
    fitting = (s for s in STEPS if s >= DAY and (end - first) / s <= MOST_STEPS)
    step = next(fitting, max(STEPS))
    end = _floor(now, step) + step
    return TimeRange(min(_floor(first, step), end - FEWEST_STEPS * step), end, step)


def _floor(at: datetime, step: timedelta) -> datetime:
    return MONDAY + (at - MONDAY) // step * step


def steps_of(project_ids: Iterable[int], span: TimeRange) -> list[Step]:
    """The steps with something in them, oldest first."""
    found: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
    for row in hourly_sums(project_ids, since=span.start, until=span.end):
        at = _floor(row["hour"], span.step)
        found[at].update({name: row[f"{name}_sum"] for name in SUMS})
    return [Step(at, counts) for at, counts in found.items() if any(counts.values())]


def total_of(steps: Sequence[Step]) -> Step | None:
    """All of them as one, from the first one's start on."""
    if not steps:
        return None
    return Step(steps[0].at, sum((step.counts for step in steps), Counter()))


def fullest_models(
    project_ids: Iterable[int], span: TimeRange
) -> tuple[list[ModelUse], bool]:
    """By median fill, and whether older sessions than the 2,000 newest are left out."""
    newest = (
        LLMSession.objects.filter(
            project_id__in=list(project_ids), last_at__gte=span.start
        )
        .order_by("-last_at")
        .values_list("model", "used_ratio", "level")[:MOST_SESSIONS]
    )
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    alarmed: Counter[str] = Counter()
    for model, ratio, level in newest:
        ratios[model].append(ratio)
        alarmed[model] += level != "ok"
    found = [
        ModelUse(name or "unknown model", len(r), median(r), max(r), alarmed[name])
        for name, r in ratios.items()
    ]
    found.sort(key=lambda use: (-use.median_ratio, use.name))
    is_cut = sum(use.sessions for use in found) == MOST_SESSIONS
    return found[:MOST_MODELS], is_cut
