"""The samples, events and compressions of a chart, read and thinned."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from tracker.domain.downsample import kept_points
from tracker.domain.suspicion import SUSPECTED
from tracker.models import Compression, LLMSession, ThresholdEvent, UsageSample
from tracker.models.stored_times import as_stored, from_stored, raw_time
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


COLUMNS = (
    "pk",
    "at",
    "used_tokens",
    "level",
    "system_tokens",
    "tools_tokens",
    "user_context_tokens",
    "history_tokens",
    "unattributed_tokens",
)


def history_of(session: LLMSession, wanted: ChartRange) -> History:
    """At most 2,000 points; peaks, crossings and compressions are kept."""
    total = UsageSample.objects.filter(session=session, lane=wanted.lane)
    outline = _outline(session, wanted)
    times = [row[1] for row in outline]
    offset = max(0, total.count() - len(outline))
    marks = _marks(session, wanted, times, offset)
    values = [row[2] for row in outline]
    kept = kept_points(values, MOST_POINTS, always=_beside(marks, offset))
    rows = total.filter(pk__in=[outline[i][0] for i in kept]).values_list(*COLUMNS)
    found = {row[0]: row for row in rows}
    points = [
        Point(offset + i + 1, row[1], row[2], row[4:], row[3])
        for i in kept
        if (row := found.get(outline[i][0])) is not None  # not pruned just now
    ]
    return History(points, marks, len(outline))


def _outline(session: LLMSession, wanted: ChartRange) -> list[tuple[int, Any, int]]:
    """(pk, at as stored, used) of all samples of the range, oldest first. On the
    driver: the whole rows of 50,000 samples take half a second to read.
    """
    most = min(wanted.last or MOST_SAMPLES, MOST_SAMPLES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {raw_time('at')}, used_tokens "
            f"FROM {UsageSample._meta.db_table} WHERE session_id = %s AND lane = %s "
            "ORDER BY at DESC, id DESC LIMIT %s",
            [session.pk, wanted.lane, most],
        )
        rows: list[tuple[int, Any, int]] = cursor.fetchall()
    return rows[::-1]


def _marks(
    session: LLMSession, wanted: ChartRange, times: list[Any], offset: int
) -> list[Mark]:
    if not times:
        return []
    first_at = from_stored(times[0])
    compressions = Compression.objects.filter(
        session=session, lane=wanted.lane, is_advice=False, at__gte=first_at
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
    events = ThresholdEvent.objects.filter(session=session, at__gte=first_at)
    return found + [
        Mark(
            offset + bisect_right(times, as_stored(e.at)),
            e.at,
            e.to_level,
            e.used_tokens,
            e.used_tokens,
        )
        for e in events.order_by("-at")[:MOST_MARKS]
    ]


def _requests_before(cut: Compression, times: list[Any]) -> int:
    """A suspected one is told by the first request after it, at whose time it is."""
    find = bisect_left if cut.is_suspected else bisect_right
    return find(times, as_stored(cut.at))


def _beside(marks: list[Mark], offset: int) -> set[int]:
    """The samples just before and after each mark."""
    always = set()
    for mark in marks:
        here = mark.turn - offset
        always |= {here - 1, here}
    return always
