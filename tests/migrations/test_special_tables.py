"""The weeks that PostgreSQL's samples have from the first day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker.migrations._special_tables import partitions

MONDAYS = (
    "2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23",
    "2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28",
)  # fmt: skip
MIDNIGHT = "00:00:00+00:00"


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, tzinfo=UTC),
        datetime(2026, 11, 25, 13, 7, tzinfo=UTC),
        datetime(2026, 11, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_four_weeks_before_and_after_and_two_for_the_rest(now: datetime) -> None:
    before, *weeks, default = partitions("samples", now)

    assert before == (
        "CREATE TABLE samples_before PARTITION OF samples "
        f"FOR VALUES FROM (MINVALUE) TO ('{MONDAYS[0]} {MIDNIGHT}')"
    )
    assert weeks == [
        f"CREATE TABLE samples_w{start.replace('-', '')} PARTITION OF samples "
        f"FOR VALUES FROM ('{start} {MIDNIGHT}') TO ('{end} {MIDNIGHT}')"
        for start, end in zip(MONDAYS, MONDAYS[1:], strict=False)
    ]
    assert default == "CREATE TABLE samples_default PARTITION OF samples DEFAULT"
