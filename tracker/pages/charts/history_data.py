"""The samples, events and compressions of a chart, read and thinned."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.downsample import kept_points
from tracker.domain.suspicion import SUSPECTED
from tracker.models import Compression, LLMSession, ThresholdEvent, UsageSample
from tracker.pages.charts.chart_range import ChartRange

MOST_POINTS = 2_000
MOST_SAMPLES = 50_000  # read at all; older ones are in the CSV
MOST_MARKS = 300
CUTS = ("compression", SUSPECTED)  # kinds of marks that stand for a compression


@dataclass(frozen=True, slots=True)
class Point:
    """`turn` counts from 1 within the lane; `parts` as charts.palette.PART_NAMES."""

    turn: int
    at: datetime
    used_tokens: int
    parts: tuple[int, ...]
    level: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened after `turn` requests: an event or a compression."""

    turn: int
    at: datetime
    kind: str  # a level, or one of CUTS
    before_tokens: int
    after_tokens: int


@dataclass(frozen=True, slots=True)
class History:
    points: list[Point]
    marks: list[Mark]
    sample_count: int  # before thinning

    @property
    def is_thinned(self) -> bool:
        return len(self.points) < self.sample_count


def history_of(session: LLMSession, wanted: ChartRange) -> History:
    """At most 2,000 points; peaks, crossings and compressions are kept."""
    rows = _rows(session, wanted)
    times = [row[0] for row in rows]
    total = UsageSample.objects.filter(session=session, lane=wanted.lane)
    offset = max(0, total.count() - len(rows))
    marks = _marks(session, wanted, times, offset)
    kept = _kept(rows, marks, offset)
    points = [
        Point(offset + i + 1, rows[i][0], rows[i][1], rows[i][3:], rows[i][2])
        for i in kept
    ]
    return History(points, marks, len(rows))


def _rows(session: LLMSession, wanted: ChartRange) -> list[tuple]:
    most = min(wanted.last or MOST_SAMPLES, MOST_SAMPLES)
    found = UsageSample.objects.filter(session=session, lane=wanted.lane)
    newest = found.order_by("-at", "-pk").values_list(
        "at",
        "used_tokens",
        "level",
        "system_tokens",
        "tools_tokens",
        "user_context_tokens",
        "history_tokens",
        "unattributed_tokens",
    )
    return list(newest[:most])[::-1]


def _marks(
    session: LLMSession, wanted: ChartRange, times: list[datetime], offset: int
) -> list[Mark]:
    if not times:
        return []
    compressions = Compression.objects.filter(
        session=session, lane=wanted.lane, is_advice=False, at__gte=times[0]
    )
    found = [
        Mark(
            offset + _requests_before(c, times),
            c.at,
            SUSPECTED if c.is_suspected else "compression",
            c.before_tokens,
            c.after_tokens,
        )
        for c in compressions.order_by("-at")[:MOST_MARKS]
    ]
    if wanted.lane != "main":
        return found
    events = ThresholdEvent.objects.filter(session=session, at__gte=times[0])
    return found + [
        Mark(
            offset + bisect_right(times, e.at),
            e.at,
            e.to_level,
            e.used_tokens,
            e.used_tokens,
        )
        for e in events.order_by("-at")[:MOST_MARKS]
    ]


def _requests_before(cut: Compression, times: list[datetime]) -> int:
    """A suspected one is told by the first request after it, at whose time it is."""
    find = bisect_left if cut.is_suspected else bisect_right
    return find(times, cut.at)


def _kept(rows: list[tuple], marks: list[Mark], offset: int) -> list[int]:
    always = set()
    for mark in marks:
        here = mark.turn - offset
        always |= {here - 1, here}
    values = [row[1] for row in rows]
    return kept_points(values, MOST_POINTS, always=always)
