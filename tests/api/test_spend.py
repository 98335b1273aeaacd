"""GET /api/v1/spend."""

from __future__ import annotations

from typing import Any

import pytest

USAGE = {
    "input_tokens": 1_000,
    "cache_read_input_tokens": 8_000,
    "cache_creation_input_tokens": 1_000,
    "cache_creation": {"ephemeral_1h_input_tokens": 400},
    "output_tokens": 100,
}
COST = 0.01925  # at $5, $25 output, $0.50 read, $6.25 and $10 written


@pytest.fixture
async def spent(api: Any) -> None:
    """Two requests on two days of one session, and one that has no usage."""
    told = {"session": "s", "title": "Fix it", "model": "claude-opus-4-5"}
    batch = [
        told
        | {"event_id": f"e{day}", "at": f"2026-11-2{day}T10:30:00Z", "usage": USAGE}
        for day in (1, 2)
    ]
    batch.append(
        {"session": "t", "tokens": {"history": 9}, "at": "2026-11-22T10:40:00Z"}
    )
    assert (await api.post("/usage", batch)).json()["accepted"] == 3


async def test_days_come_newest_first_with_the_sum_of_all(
    api: Any, spent: None
) -> None:
    body = (await api.get("/spend?limit=1")).json()

    assert body["row_count"] == 2
    (day,) = body["results"]
    assert (day["name"], day["requests"], day["unpriced_requests"]) == (
        "2026-11-22",
        2,
        1,
    )
    assert (day["input_tokens"], day["cache_read_tokens"]) == (1_000, 8_000)
    assert (day["cache_creation_tokens"], day["output_tokens"]) == (1_000, 100)
    assert day["total_tokens"] == 10_100
    assert day["cost_usd"] == pytest.approx(COST)
    assert body["total"]["cost_usd"] == pytest.approx(2 * COST)
    assert body["prices_as_of"] == "2026-11-22"


async def test_a_span_is_narrowed(api: Any, spent: None) -> None:
    asked = "since=2026-11-21T00:00:00Z&until=2026-11-22T00:00:00Z"

    body = (await api.get(f"/spend?table=monthly&{asked}")).json()

    assert [(row["name"], row["requests"]) for row in body["results"]] == [
        ("2026-11-01", 1)
    ]


async def test_sessions_have_their_names_and_blocks_their_hour(
    api: Any, spent: None
) -> None:
    sessions = (await api.get("/spend?table=session")).json()["results"]
    blocks = (await api.get("/spend?table=blocks")).json()["results"]

    assert [(row["name"], row["title"]) for row in sessions] == [
        ("s", "Fix it"),
        ("t", ""),
    ]
    assert [row["name"] for row in blocks] == [
        "2026-11-22T10:00:00+00:00",
        "2026-11-21T10:00:00+00:00",
    ]


@pytest.mark.parametrize(
    "asked", ["table=yearly", "since=yesterday", "limit=0", "by=x"]
)
async def test_what_is_not_understood_is_refused(api: Any, asked: str) -> None:
    response = await api.get(f"/spend?{asked}")

    assert response.status_code == 422
    assert response.json()["error"]["field"] == asked.split("=")[0]


async def test_it_needs_a_key_that_may_read(refuses_bad_keys: Any) -> None:
    await refuses_bad_keys("GET", "/spend", scope="read")
