"""Spend of sessions: only those that reported yesterday or today are summed anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from tracker.domain.spend.cells import Caching, Cell
from tracker.models import Project
from tracker.reading.spend.cells import Spend
from tracker.reading.spend.days import spend_by_day
from tracker.reading.spend.remembered import Remembered, resting_version

MOST_CELLS = 20_000  # of one answer, about 10 MB
resting = Remembered(12)
Found = TypeVar("Found")


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
    border = border_of(since, now)
    if border is None:
        return spend_by_day(projects, since, now, by=by, hourly=hourly)
    halves = in_halves(
        (_ids(projects), since, border, frozenset(by), hourly),
        border,
        lambda: _if_small(
            spend_by_day(
                projects, since, now, by=by, hourly=hourly, silent_since=border
            )
        ),
        lambda: spend_by_day(
            projects, since, now, by=by, hourly=hourly, written_since=border
        ),
    )
    if halves is None:
        return spend_by_day(projects, since, now, by=by, hourly=hourly)
    return _together(*halves)


def border_of(since: datetime | None, now: datetime) -> datetime | None:
    """The time before which a session that rests was written last: yesterday's begin.
    None for a period that begins yesterday or later, or not at midnight: it has no
    session that rests, or moves with each call.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    border = today - timedelta(days=1)
    is_moving = since is not None and (since >= border or since.time() != time())
    return None if is_moving else border


def in_halves(
    question: Hashable,
    border: datetime,
    find_resting: Callable[[], Found | None],
    find_others: Callable[[], Found],
) -> tuple[Found, Found] | None:
    """What is found of sessions that rest, kept as `Remembered.of` keeps it, and of the
    others. None where sessions woke meanwhile, twice, and where `find_resting` found
    too much to keep.
    """
    for _ in range(2):
        version = resting_version(border)
        # That it was too much is kept, too: else each call would look twice.
        old = resting.of(question, version, find_resting, lambda _: True)
        if old is None:
            return None
        new = find_others()
        # A session that woke in between would be in both, or in neither.
        if resting_version(border) == version:
            return old, new
    return None


def _ids(projects: Sequence[Project]) -> tuple[int, ...]:
    return tuple(project.pk for project in projects)


def _if_small(spend: Spend) -> Spend | None:
    merged = _merged(spend)
    return merged if len(merged.cells) <= MOST_CELLS else None


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
