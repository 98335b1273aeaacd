"""Hourly sums say what the rows say: duplicates, late samples, refusals and all."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def usage(session: str, used: int, at: datetime, event_id: str) -> UsageReport:
    return UsageReport(
        session=session,
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        event_id=event_id,
        at=at,
    )


def counted(project: Any) -> dict[datetime, Counter[str]]:
    """The sums as the stored rows have them."""
    from tracker.models import Compression, ThresholdEvent, UsageSample

    hours: dict[datetime, Counter[str]] = {}

    def add(at: datetime, **counts: int) -> None:
        hour = at.replace(minute=0, second=0, microsecond=0)
        hours.setdefault(hour, Counter()).update(counts)

    for sample in UsageSample.objects.filter(project=project):
        add(sample.at, samples=1, used_tokens=sample.used_tokens)
    for event in ThresholdEvent.objects.filter(project=project):
        add(event.at, **{f"{event.to_level}_events": 1})
    for row in Compression.objects.filter(project=project, is_advice=False):
        saved = max(0, row.before_tokens - row.after_tokens)
        add(row.at, compressions=1, saved_tokens=saved)
    return hours


def kept(project: Any) -> dict[datetime, Counter[str]]:
    from tracker.models.rollups import SUMS, hourly_sums

    rows = hourly_sums(
        [project.pk], since=NOW - timedelta(days=2), until=NOW + timedelta(days=1)
    )
    return {
        row["hour"]: Counter({n: row[f"{n}_sum"] for n in SUMS if n != "new_sessions"})
        for row in rows
    }


@pytest.mark.parametrize("seed", range(3))
def test_sums_equal_the_rows_whatever_comes_late_or_twice(
    project: Any, seed: int
) -> None:
    chance = random.Random(seed)
    recorder = Recorder()
    reports: list[Any] = [
        usage(
            f"s{chance.randrange(4)}",
            chance.randrange(250_000),
            NOW - timedelta(minutes=chance.randrange(600)),
            f"e{chance.randrange(60)}",
        )
        for _ in range(80)
    ]
    reports += [
        CompressionReport(
            session=f"s{n % 4}",
            before_tokens=chance.randrange(200_000),
            after_tokens=chance.randrange(200_000),
            event_id=f"c{n % 6}",
            at=NOW - timedelta(minutes=30 * n),
            is_advice=n % 5 == 0,
        )
        for n in range(10)
    ]
    chance.shuffle(reports)

    while reports:
        group = [reports.pop() for _ in range(min(len(reports), 7))]
        recorder.record([Arrival(project.pk, report, NOW) for report in group])

    assert kept(project) == counted(project)


def test_a_session_begins_in_the_hour_of_its_first_report(project: Any) -> None:
    from tracker.models import HourlyRollup

    at = NOW - timedelta(hours=3)
    recorder = Recorder()

    recorder.record([Arrival(project.pk, usage("s", 5, at, "a"), NOW)])
    recorder.record([Arrival(project.pk, usage("s", 5, NOW, "b"), NOW)])

    began = HourlyRollup.objects.filter(new_sessions__gt=0)
    assert [(row.hour, row.new_sessions) for row in began] == [
        (at.replace(minute=0), 1)
    ]


def test_a_refused_report_counts_nowhere(project: Any) -> None:
    from tracker.models import HourlyRollup

    refused = UsageReport(
        session="s",
        used_tokens=1,
        parts=Parts(history=1),
        source="counted",
        window_tokens=100,
    )

    (answer,) = Recorder().record([Arrival(project.pk, refused, NOW)])

    assert answer.field == "window_tokens"
    assert not HourlyRollup.objects.exists()
