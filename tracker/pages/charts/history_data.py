"""The samples, events and compressions of a chart, read and thinned."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from tracker.domain.budget.suspicion import SUSPECTED
from tracker.domain.downsample import kept_points
from tracker.domain.reports import MAIN_LANE
from tracker.models import (
    Compression,
    LLMSession,
    SessionLane,
    ThresholdEvent,
    UsageSample,
)
from tracker.pages.charts.chart_range import ChartRange
from tracker.reading.stored_times import as_stored, from_stored

MOST_POINTS = 2_000
MOST_SAMPLES = 50_000  # read at all; older ones are in the CSV
MOST_MARKS = 300
GAP = timedelta(hours=1)
MOST_GAPS = 200  # the longest ones
CUTS = ("compression", SUSPECTED)  # kinds of marks that stand for a compression


@dataclass(frozen=True, slots=True)
class Point:
    """`turn` counts from 1 within the lane; `parts` as charts.palette.PART_NAMES."""

    turn: int
    at: datetime
    used_tokens: int
    parts: tuple[int, ...]
    is_after_gap: bool = False  # nothing was reported for more than GAP before it


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


PARTS = (
    "system_tokens", "tools_tokens", "user_context_tokens", "history_tokens",
    "unattributed_tokens",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Outline:
    """All samples of the range, oldest first; times as stored."""

    ids: list[int]
    times: list[Any]
    used: list[int]


def history_of(session: LLMSession, wanted: ChartRange) -> History:
    """At most 2,000 points; peaks, crossings and compressions are kept."""
    outline = _outline(session, wanted)
    offset = max(0, _ever(session, wanted.lane) - len(outline.ids))
    marks = _marks(session, wanted, outline.times, offset)
    gaps = _gaps(outline.times) if wanted.axis == "time" else set()
    always = _beside(marks, offset) | gaps | {i - 1 for i in gaps}
    kept = kept_points(outline.used, MOST_POINTS, always=always)
    parts = _parts(session, [outline.ids[i] for i in kept])
    points = [
        Point(
            offset + i + 1, from_stored(outline.times[i]), outline.used[i],
            parts[outline.ids[i]], i in gaps,
        )
        for i in kept
        if outline.ids[i] in parts  # else it was pruned between the two queries
    ]  # fmt: skip
    return History(points, marks, len(outline.ids))


def _gaps(times: list[Any]) -> set[int]:
    """Of each sample that came more than GAP after the one before it, its place."""
    known = [from_stored(time) for time in times]
    long = ((b - a, i) for i, (a, b) in enumerate(pairwise(known), 1) if b - a > GAP)
    return {i for _, i in sorted(long, reverse=True)[:MOST_GAPS]}


def _ever(session: LLMSession, lane: str) -> int:
    """Samples the lane ever had: turns keep their numbers when others are pruned."""
    if lane == MAIN_LANE:
        return session.sample_count
    found = SessionLane.objects.filter(session=session, name=lane)
    return found.values_list("sample_count", flat=True).first() or 0


def _outline(session: LLMSession, wanted: ChartRange) -> _Outline:
    """By the driver, three columns: 50,000 whole rows take half a second."""
    most = min(wanted.last or MOST_SAMPLES, MOST_SAMPLES)
    newest = (
        f"SELECT id, at AS at, used_tokens FROM {UsageSample._meta.db_table} "  # noqa: S608 - our table and columns
        "WHERE session_id = %s AND lane = %s ORDER BY at DESC, id DESC LIMIT %s"
    )
    values = (session.pk, wanted.lane, most)
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute(newest, values)
            rows = cursor.fetchall()[::-1]
            return _Outline(*([row[i] for row in rows] for i in range(3)))
        # One row of three texts, in half the time of 50,000 rows.
        cursor.execute(
            "SELECT group_concat(id), group_concat(at), group_concat(used_tokens) "  # noqa: S608 - our table and columns
            f"FROM ({newest})",
            values,
        )
        ids, times, used = (
            text.split(",") if text else [] for text in cursor.fetchone()
        )
    return _Outline(
        list(map(int, reversed(ids))), times[::-1], list(map(int, reversed(used)))
    )


def _parts(session: LLMSession, ids: list[int]) -> dict[int, tuple[int, ...]]:
    """Of each sample, as charts.palette.PART_NAMES."""
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    # PostgreSQL finds samples by their session. In SQLite the + hides that index:
    # finding them by id is a tenth of the work.
    session_id = "+session_id" if connection.vendor == "sqlite" else "session_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(PARTS)} FROM {UsageSample._meta.db_table} "  # noqa: S608 - our table and columns
            f"WHERE {session_id} = %s AND id IN ({marks})",
            [session.pk, *ids],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


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
    """A suspected compression has the time of the first request after it."""
    find = bisect_left if cut.is_suspected else bisect_right
    return find(times, as_stored(cut.at))


def _beside(marks: list[Mark], offset: int) -> set[int]:
    """The samples just before and after each mark."""
    always = set()
    for mark in marks:
        here = mark.turn - offset
        always |= {here - 1, here}
    return always
