"""prune drops PostgreSQL's weeks beside a writer, and only those nobody keeps."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.services.prune_weeks import DAYS, KEPT
from tests.services.services import Services

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def found(cluster: Services) -> Any:
    own = cluster.with_database("pruned")
    return json.loads(own.run("-m", "tests.services.prune_weeks"))


def monday(at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def borders(found: Any) -> tuple[datetime, datetime]:
    """Where what the longest and the shortest project keep begins."""
    now = datetime.fromisoformat(found["now"])
    return (
        monday(now - timedelta(days=KEPT["long"])),
        now - timedelta(days=KEPT["short"]),
    )


def test_no_week_is_dropped_while_a_project_keeps_all(found: Any) -> None:
    said, weeks = found["while one keeps all"]

    assert "Dropped" not in said and "samples" in said
    assert weeks == found["first weeks"]
    assert len(weeks) >= 9


def test_weeks_that_nobody_keeps_are_dropped_and_named(found: Any) -> None:
    border, _ = borders(found)

    assert min(found["weeks"]) == f"{border:%Y-%m-%d}"
    assert f"{border - timedelta(days=7):%Y-%m-%d}" in found["said"][0]
    assert found["said"][0].startswith("Dropped the weeks of samples that begin on 2")
    assert "Dropped" not in found["said"][1]


def test_a_week_detached_by_a_killed_run_is_dropped_by_the_next(found: Any) -> None:
    assert found["detached"] not in found["weeks"]
    assert found["gone"] == []


def test_a_week_stays_that_a_project_has_come_to_keep(found: Any) -> None:
    assert found["kept after all"] is True


def test_the_longest_retention_ends_with_its_week_others_to_the_day(found: Any) -> None:
    border, short = borders(found)
    now = datetime.fromisoformat(found["now"])
    days = [now - timedelta(days=days) for days in reversed(range(DAYS))]

    kept = {
        name: sorted(map(datetime.fromisoformat, found[name]["samples"]))
        for name in ("short", "forever")
    }
    assert kept["short"] == [at for at in days if at >= short]
    # Kept all at first, and as long as the longest since.
    assert kept["forever"] == [at for at in days if at >= border]


def test_keys_and_idle_sessions_go_as_the_samples_do(found: Any) -> None:
    for name in ("long", "forever"):
        assert found[name]["keys"] == len(found[name]["samples"]) > 0
        assert found[name]["sessions"] == ["living"]
    assert found["short"]["sessions"] == ["busy", "living"]


def test_reports_go_on_and_none_is_lost(found: Any) -> None:
    assert found["busy"] == found["reported"] > 20
    assert found["short"]["keys"] == len(found["short"]["samples"]) + found["busy"]


def test_counts_and_hourly_sums_stay_right(found: Any) -> None:
    assert found["wrong"] == []
    # A third project's, and what was reported meanwhile, came after `first`.
    assert found["sums"] == found["first"] + DAYS + 1 + found["reported"]
