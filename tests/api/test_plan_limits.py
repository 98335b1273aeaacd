"""GET /api/v1/plan-limits, and what a report may tell of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


async def test_the_newest_are_answered(api: Any, report: Any) -> None:
    resets = int((datetime.now(UTC) + timedelta(hours=4)).timestamp())
    told = {"five_hour": {"used_percentage": 60, "resets_at": resets}}
    await report("a", 100, rate_limits=told)

    (found,) = (await api.get("/plan-limits")).json()["results"]

    assert found["client"] == "claude_code" and found["window"] == "5 hours"
    assert found["used_ratio"] == 0.6 and found["window_minutes"] == 300
    assert found["full_at"] < found["resets_at"]
    assert found["foreseen"].startswith("At this pace it is used up")


async def test_limits_of_no_known_shape_are_ignored(api: Any, report: Any) -> None:
    await report("a", 100, rate_limits={"five_hour": {"used_percentage": "much"}})

    assert (await api.get("/plan-limits")).json() == {"results": []}


async def test_it_takes_no_parameter(api: Any) -> None:
    assert (await api.get("/plan-limits?client=codex")).status_code == 422


async def test_bad_keys_are_refused(refuses_bad_keys: Any) -> None:
    await refuses_bad_keys("GET", "/plan-limits", scope="read")
