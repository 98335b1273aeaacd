"""Weeks begin on Mondays in UTC; SQLite has none. The rest: tests/services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tracker.upkeep.weeks.dropping import drop_left, kept_since, weeks_to_drop
from tracker.upkeep.weeks.partitions import (
    make_weeks,
    partition_name,
    stored_weeks,
    week_of,
)

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (MONDAY, MONDAY),
        (MONDAY - timedelta(microseconds=1), MONDAY - timedelta(days=7)),
        (MONDAY + timedelta(days=7, microseconds=-1), MONDAY),
        # Monday there, Sunday still in UTC.
        (datetime(2026, 11, 16, 5, tzinfo=timezone(timedelta(hours=9))),
         MONDAY - timedelta(days=7)),
    ],
)  # fmt: skip
def test_a_week_begins_on_monday_in_utc(at: datetime, week: datetime) -> None:
    assert week_of(at) == week


def test_a_partition_is_named_for_its_monday() -> None:
    assert partition_name(MONDAY) == "tracker_usagesample_w20261116"


def test_partitions_that_are_named_for_no_monday_are_none_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = (
        "w20261116",
        "w20261117",
        "w20269999",
        "w2026",
        "default",
        "w２０２６１１０９",
    )
    tables = [f"tracker_usagesample_{name}" for name in names]
    monkeypatch.setattr("tracker.upkeep.weeks.partitions._partitions", lambda: tables)

    assert stored_weeks() == [MONDAY]


def test_sqlite_has_no_weeks(project: Any) -> None:
    project.retention_days = 1
    project.save(update_fields=["retention_days"])

    assert make_weeks(MONDAY) == weeks_to_drop(MONDAY) == []
    assert kept_since(MONDAY) is None
    drop_left()
