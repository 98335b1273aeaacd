"""Cells -> the rows of a table: daily, weekly, monthly, sessions, blocks.

The tables and their sums are those of ccusage, with its periods: a week begins on
Sunday, a block of five hours with the hour of its first request. Days are UTC days.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tracker.domain.spend.cells import Caching, Cell

BLOCK = timedelta(hours=5)
PERIODS = ("daily", "weekly", "monthly")
TABLES = (*PERIODS, "session", "blocks")


@dataclass(slots=True)
class Row:
    """A sum of cells. Tokens as ccusage counts them: `input` without cache.

    `cost` is US dollars of the requests with a price; `unpriced` is how many have
    none.
    """

    key: Any  # what the cells were grouped by
    models: set[str] = field(default_factory=set)
    input: int = 0
    output: int = 0
    cache_write: int = 0
    cache_read: int = 0
    cost: Decimal = Decimal(0)
    requests: int = 0
    unpriced: int = 0
    caching: Caching = field(default_factory=Caching)
    last: datetime | None = None  # the hour of its newest request

    @property
    def total(self) -> int:
        return self.input + self.output + self.cache_write + self.cache_read

    def add(self, cell: Cell) -> None:
        usage = cell.usage
        self.models.add(cell.model)
        self.input += cell.fresh_tokens
        self.output += usage.output_tokens or 0
        self.cache_write += usage.cache_creation_tokens
        self.cache_read += usage.cache_read_tokens
        self.requests += cell.requests
        if cell.cost is None:
            self.unpriced += cell.requests
        else:
            self.unpriced += cell.requests - cell.told
            self.cost += cell.cost
            self._add_caching(cell.caching)
        if self.last is None or cell.hour > self.last:
            self.last = cell.hour

    def _add_caching(self, more: Caching) -> None:
        read, write = self.caching.read + more.read, self.caching.write + more.write
        self.caching = Caching(read, write)


def period_start(hour: datetime, period: str) -> date:
    """The day, the Sunday that begins the week, or the first of the month.

    Thursday 2026-11-26 -> 2026-11-26, 2026-11-22, 2026-11-01.
    """
    day = hour.date()
    if period == "weekly":
        return day - timedelta(days=day.isoweekday() % 7)
    return day.replace(day=1) if period == "monthly" else day


def grouped(cells: Iterable[Cell], key: Callable[[Cell], Hashable]) -> list[Row]:
    """A row for each key, in the order in which the keys come."""
    rows: dict[Hashable, Row] = {}
    for cell in cells:
        name = key(cell)
        row = rows.get(name)
        if row is None:
            row = rows[name] = Row(name)
        row.add(cell)
    return list(rows.values())


def by_cost(cells: Iterable[Cell], key: Callable[[Cell], Hashable]) -> list[Row]:
    """The dearest first; of equal ones those with more tokens."""
    rows = grouped(cells, key)
    return sorted(rows, key=lambda row: (-row.cost, -row.total, str(row.key)))


def total_of(cells: Iterable[Cell]) -> Row:
    row = Row("total")
    for cell in cells:
        row.add(cell)
    return row


def periods(cells: Iterable[Cell], period: str) -> list[Row]:
    """A row for each day, week or month with a request, the newest first. Its key is
    the date on which it begins.
    """
    rows = grouped(cells, lambda cell: period_start(cell.hour, period))
    return sorted(rows, key=lambda row: str(row.key), reverse=True)


def blocks(cells: Iterable[Cell]) -> list[Row]:
    """Blocks of five hours, the newest first. The key is the hour a block begins at:
    that of the first request after the end of the block before.

    Requests at 09:40, 13:10 and 14:05: a block from 09:00 with two, one from 14:00.
    """
    rows: list[Row] = []
    start: datetime | None = None
    for cell in sorted(cells, key=lambda cell: cell.hour):
        if start is None or cell.hour >= start + BLOCK:
            start = cell.hour
            rows.append(Row(start))
        rows[-1].add(cell)
    return rows[::-1]
