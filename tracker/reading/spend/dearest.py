"""The sessions that cost most, found without a cell of each other one."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Case, IntegerField, Value, When
from django.db.models.expressions import Combinable

from tracker.domain.spend.tables import Row
from tracker.models import Project
from tracker.models.settings.catalogue import load_catalogue
from tracker.reading.spend.cells import (
    SUMS,
    Spend,
    band_of,
    rows_of,
    samples_in,
    spend_of,
)
from tracker.reading.spend.days import named
from tracker.reading.spend.prices import PricesInUse
from tracker.reading.spend.resting import border_of, in_halves

_DIGITS = Decimal(10) ** 12  # more than a price per million tokens has
_Cost = Callable[[int, int, int, int, int], int]


@dataclass(frozen=True, slots=True)
class Dearest:
    """The rows of some sessions, the dearest first, of `count` with a request."""

    spend: Spend
    rows: list[Row]
    count: int


@dataclass(frozen=True, slots=True)
class _First:
    """The first sessions of `count`: what orders them, and their key."""

    ranked: list[tuple[tuple[int, int, str], int]]
    count: int


def dearest_until_now(
    projects: Sequence[Project], since: datetime | None, now: datetime, most: int
) -> Dearest:
    """As `dearest_sessions` until `now`. Which of the sessions that rest are the first
    is kept as long as `spend_until_now` keeps their sums.
    """
    border = border_of(since, now)
    if border is None:
        return dearest_sessions(projects, since, now, most)
    halves = in_halves(
        ("dearest", *(project.pk for project in projects), since, border, most),
        border,
        lambda: _first(projects, since, now, most, silent_since=border),
        lambda: _first(projects, since, now, most, written_since=border),
    )
    if halves is None:
        return dearest_sessions(projects, since, now, most)
    old, new = halves
    both = heapq.nsmallest(most, [*old.ranked, *new.ranked])
    return _shown(projects, since, now, _First(both, old.count + new.count))


def dearest_sessions(
    projects: Sequence[Project], since: datetime | None, until: datetime, most: int
) -> Dearest:
    """The first `most` rows of `rows_of(spend_of(…), "session")`, and how many there
    are.
    """
    return _shown(projects, since, until, _first(projects, since, until, most))


def _shown(
    projects: Sequence[Project],
    since: datetime | None,
    until: datetime,
    first: _First,
) -> Dearest:
    spend = spend_of(projects, since, until, only=[pk for _, pk in first.ranked])
    return Dearest(spend, rows_of(spend, "session"), first.count)


def _first(
    projects: Sequence[Project],
    since: datetime | None,
    until: datetime,
    most: int,
    **half: datetime,
) -> _First:
    """`half` is `silent_since` or `written_since` of `samples_in`, or nothing."""
    prices = PricesInUse(load_catalogue())
    days = prices.change_days
    rows = (
        named(samples_in(projects, since, until, counts=True, **half))
        .values("session", "named", band=band_of(prices.thresholds), era=_era(days))
        .annotate(**SUMS)
        .values_list(
            "session", "named", "band", "era",
            "told", "input", "output", "read", "written", "for_hour",
        )
    )  # fmt: skip
    costs: dict[tuple[str, int, int], _Cost] = {}
    ranks: dict[int, tuple[int, int]] = {}
    for pk, model, band, era, told, *sums in rows.iterator():
        given, output, read, written, for_hour = (n or 0 for n in sums)
        cost_of = costs.get((model, band, era))
        if cost_of is None:
            cost_of = costs[model, band, era] = _cost(
                prices, model, _day_of(days, era), band
            )
        fresh = max(0, given - read - written)
        cost = cost_of(fresh, output, read, written, for_hour) if told else 0
        known = ranks.get(pk, (0, 0))
        ranks[pk] = known[0] - cost, known[1] - fresh - output - read - written
    ranked = (((*rank, str(pk)), pk) for pk, rank in ranks.items())
    return _First(heapq.nsmallest(most, ranked), len(ranks))


def _era(days: Sequence[date]) -> Combinable:
    """How many of the days on which some price changed a request is not before."""
    starts = [datetime.combine(day, time(), UTC) for day in days]
    return Case(
        *(When(at__lt=start, then=n) for n, start in enumerate(starts)),
        default=Value(len(days)),
        output_field=IntegerField(),
    )


def _day_of(days: Sequence[date], era: int) -> date:
    if not days:
        return date.max
    return days[era - 1] if era else days[0] - timedelta(days=1)


def _nothing(*_sums: int) -> int:
    return 0


def _cost(prices: PricesInUse, model: str, day: date, band: int) -> _Cost:
    """A cost in whole parts of a dollar, fast: only an order is made of it."""
    listed = prices.of(model, day, band)
    if listed is None or listed.input is None:
        return _nothing
    kinds = listed.input, listed.output, listed.cache_read, listed.cache_creation
    given, output, read, written = (
        int((listed.input if price is None else price) * _DIGITS) for price in kinds
    )
    has_output = listed.output is not None
    hour = written if listed.cache_hour is None else int(listed.cache_hour * _DIGITS)

    def cost(fresh: int, made: int, cached: int, kept: int, longer: int) -> int:
        if made and not has_output:
            return 0
        longer = min(longer, kept)
        return (
            fresh * given + made * output + cached * read
            + (kept - longer) * written + longer * hour
        )  # fmt: skip

    return cost
