"""What an open page does, as its JavaScript in static/tracker does it.

budget_gauge.js says when a list is outdated, fresh_fragments.js what is then asked for
and after which pause; sessions/chart.js is asked for its figure the same way. Pages are
visible, and nobody points at them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

SHORTEST, LONGEST = 2.0, 60.0  # seconds between two asks
SOON = 0.4
ROW = re.compile(
    r'<tr [^>]*data-session="(\d+)" data-lane="main" data-available="(\d+)" '
    r'data-policy="[^"]*"(?: data-ratio="([^"]*)")?'
)
Row = list[Any]  # available tokens, used ratio or None


@dataclass(slots=True)
class Fragment:
    """One that is asked for again and again. `send` asks; times in seconds."""

    path: str
    target: str  # its id; "" for the chart's figure
    send: Callable[[Fragment], None]
    due: float | None = None
    rest: float = 0.0
    pause: float = SHORTEST
    heard: float = 0.0
    asked: float = 0.0
    is_under_way: bool = False

    def news(self, now: float) -> None:
        self.heard = now
        if self.due is None:
            self.due = now + random.random() * (self.pause - SHORTEST + SOON)

    def look(self, now: float) -> None:
        """Ten times a second."""
        if self.due is None or self.is_under_way or now < max(self.due, self.rest):
            return
        self.due, self.asked, self.is_under_way = None, now, True
        self.send(self)

    def answered(self, now: float, status: int, pause_ms: int, age_ms: int) -> None:
        self.is_under_way = False
        is_busy = status in (0, 429) or status >= 500
        if is_busy:
            self.pause = min(2 * self.pause, LONGEST)
        else:
            self.pause = max(SHORTEST, pause_ms / 1_000)
        self.rest = now + self.pause * (1 + random.random() / 5)
        if is_busy or self.heard >= self.asked - age_ms / 1_000:
            self.news(self.heard)


@dataclass(slots=True)
class ListPage:
    """The overview, or the list of sessions: one table of rows."""

    fragment: Fragment
    full: int  # rows of a full list; below its last one nothing changes it
    is_newest_first: bool = False  # else the fullest
    rows: dict[int, Row] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)

    @property
    def fragments(self) -> Iterator[Fragment]:
        yield self.fragment

    def show(self, html: str) -> None:
        found = ROW.findall(html)
        self.order = [int(pk) for pk, *_ in found]
        self.rows = {
            int(pk): [int(available), float(ratio) if ratio else None]
            for pk, available, ratio in found
        }

    def budget(self, pk: int, ratio: float, available: int, now: float) -> None:
        row = self.rows.get(pk)
        if row is not None:
            row[1] = ratio
            if row[0] == available and not self._is_out_of_place(pk, ratio):
                return
        if len(self.rows) < self.full or ratio >= self._floor():
            self.fragment.news(now)

    def fact(self, message: dict[str, Any], now: float) -> None:
        """Its stream shows them by itself."""

    def _floor(self) -> float:
        return (self.rows[self.order[-1]][1] or 0.0) if self.order else 0.0

    def _is_out_of_place(self, pk: int, ratio: float) -> bool:
        at = self.order.index(pk)
        if self.is_newest_first:
            return at > 0
        above = self.rows[self.order[at - 1]][1] if at else None
        last = at + 1 == len(self.order)
        below = None if last else self.rows[self.order[at + 1]][1]
        is_above = above is not None and ratio > above
        return is_above or (below is not None and ratio < below)


@dataclass(slots=True)
class SessionPage:
    """Budget, facts, samples and the chart follow the one session's reports."""

    pk: int
    now: Fragment
    facts: Fragment
    samples: Fragment
    figure: Fragment

    @property
    def fragments(self) -> Iterator[Fragment]:
        yield from (self.now, self.facts, self.samples, self.figure)

    def show(self, html: str) -> None:
        """Nothing of it decides what is asked for next."""

    def budget(self, pk: int, ratio: float, available: int, now: float) -> None:
        if pk == self.pk:
            for fragment in self.fragments:
                fragment.news(now)

    def fact(self, message: dict[str, Any], now: float) -> None:
        if message["pk"] == self.pk:
            self.facts.news(now)
            if message["type"] == "compression":
                self.figure.news(now)
