"""prune beside another prune, and beside somebody who reads all of history."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.services.prune_weeks import DAYS, KEPT
from tests.services.services import Services
from tracker.upkeep.weeks.partitions import week_of

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def found(cluster: Services) -> Any:
    own = cluster.with_database("crowded")
    return json.loads(own.run("-m", "tests.services.crowded_weeks"))


def times(found: Any, project: str) -> list[datetime]:
    return [datetime.fromisoformat(at) for at in found["left"][project]]


def test_while_history_is_read_only_the_undropped_weeks_stay(found: Any) -> None:
    now = datetime.fromisoformat(found["now"])
    days = [now - timedelta(days=days) for days in reversed(range(DAYS))]
    kept = week_of(now - timedelta(days=KEPT["long"]))
    weeks = [week for week in found["weeks"] if week < f"{kept:%Y-%m-%d}"]
    first = datetime.fromisoformat(f"{weeks[0]}T00:00:00+00:00")
    short = now - timedelta(days=KEPT["short"])

    assert len(weeks) > 1
    assert times(found, "long") == [at for at in days if at >= first]
    assert times(found, "short") == [
        at for at in days if first <= at < kept or at >= short
    ]
    said, error = found["while read"]
    assert f"the weeks of samples from {', '.join(weeks)} were not dropped" in error
    assert "pg_dump" in error
    assert said.startswith("Deleted ") and " samples" in said


def test_a_detached_week_that_is_still_read_is_left_to_the_next_run(
    found: Any,
) -> None:
    assert found["still read"]["gone"] == 1
    assert found["still read"]["gone later"] == 0


def test_the_rows_of_a_large_week_are_estimated(found: Any) -> None:
    still_read = found["still read"]
    assert still_read["dropped"] == [still_read["rows"], False]
    assert still_read["rows"] > 0


def test_a_second_prune_says_that_one_is_running(found: Any) -> None:
    (said, error), second = found["two"]

    assert second == ["", "Nothing was pruned: another prune is running."]
    assert said.startswith("Dropped the weeks") and error == ""


def test_the_next_prune_runs(found: Any) -> None:
    assert found["afterwards"] == [
        "Nothing is older than its project's retention days.\n",
        "",
    ]
