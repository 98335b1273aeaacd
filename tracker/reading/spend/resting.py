"""Spend of sessions: only those that reported yesterday or today are summed anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from tracker.domain.spend.cells import Caching, Cell
from tracker.models import Project
from tracker.reading.spend.cells import Spend
from tracker.reading.spend.days import spend_by_day
from tracker.reading.spend.remembered import Remembered, resting_version

MOST_CELLS = 20_000  # of one answer, about 10 MB
resting = Remembered(12)


def spend_until_now(
    projects: Sequence[Project],
    since: datetime | None,
    now: datetime,
    *,
    by: Collection[str] = (),
    hourly: bool = False,
) -> Spend:
    """As `spend_by_day` until `now`. The sums of sessions that were silent all of
    yesterday and today are kept until one of them reports again or is deleted.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    border = today - timedelta(days=1)
    # A period that begins yesterday or later, or not at midnight, is not cached: it
    # has no session that rests, or moves with each call.
    if since is not None and (since >= border or since.time() != time()):
        return spend_by_day(projects, since, now, by=by, hourly=hourly)
    ids = tuple(project.pk for project in projects)
    question = ids, since, border, frozenset(by), hourly
    for _ in range(2):
        version = resting_version(border)
        old = resting.of(
            question,
            version,
            lambda: _merged(
                spend_by_day(
                    projects, since, now, by=by, hourly=hourly, silent_since=border
                )
            ),
            lambda found: len(found.cells) <= MOST_CELLS,
        )
        new = spend_by_day(
            projects, since, now, by=by, hourly=hourly, written_since=border
        )
        # A session that woke in between would be in both, or in neither.
        if resting_version(border) == version:
            return _together(old, new)
    return spend_by_day(projects, since, now, by=by, hourly=hourly)


def _merged(spend: Spend) -> Spend:
    """Cells that differ only in their price (requests beyond a long context, and
    others) as one cell; their sums stay the same.
    """
    cells: dict[tuple[object, ...], Cell] = {}
    for number, cell in enumerate(spend.cells):
        usage = cell.usage
        cached = usage.cache_read_tokens + usage.cache_creation_tokens
        # Numbers that contradict each other would offset those of others.
        alone = number if cached > usage.input_tokens else None
        names = spend.sessions[cell.session_id]
        key = cell.hour, names, cell.model, cell.cost is None, alone
        known = cells.get(key)
        cells[key] = cell if known is None else _sum(known, cell)
    kept = {cell.session_id for cell in cells.values()}
    sessions = {pk: whose for pk, whose in spend.sessions.items() if pk in kept}
    return replace(spend, cells=list(cells.values()), sessions=sessions)


def _sum(one: Cell, two: Cell) -> Cell:
    a, b = one.usage, two.usage
    usage = replace(
        a,
        input_tokens=a.input_tokens + b.input_tokens,
        output_tokens=(a.output_tokens or 0) + (b.output_tokens or 0),
        cache_read_tokens=a.cache_read_tokens + b.cache_read_tokens,
        cache_creation_tokens=a.cache_creation_tokens + b.cache_creation_tokens,
        cache_hour_tokens=a.cache_hour_tokens + b.cache_hour_tokens,
    )
    more, other = one.caching, two.caching
    return replace(
        one,
        requests=one.requests + two.requests,
        told=one.told + two.told,
        usage=usage,
        cost=None if one.cost is None or two.cost is None else one.cost + two.cost,
        caching=Caching(more.read + other.read, more.write + other.write),
    )


def _together(old: Spend, new: Spend) -> Spend:
    """Of different sessions."""
    prices = sorted(
        {*old.prices, *new.prices}, key=lambda p: (p.model, p.until or date.max)
    )
    return Spend(
        cells=sorted([*old.cells, *new.cells], key=lambda cell: cell.hour),
        sessions=old.sessions | new.sessions,
        as_of=min(filter(None, (old.as_of, new.as_of)), default=""),
        prices=tuple(prices),
    )
