"""POST /api/v1/usage: an array, and NDJSON."""

from __future__ import annotations

from typing import Any


async def test_a_batch_stores_the_good_ones_and_names_the_bad(
    api: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    batch = [
        {"session": "a", "event_id": "1", "tokens": {"history": 1}},
        {"session": "a", "tokens": {"system": -1}},
        {"session": "b", "tokens": {"history": 2}},
        {"session": "a", "event_id": "1", "tokens": {"history": 9}},
    ]

    response = await api.post("/usage", batch)

    assert response.status_code == 200
    body = response.json()
    assert (body["accepted"], body["duplicates"]) == (2, 1)
    assert body["rejected"] == [
        {
            "index": 1,
            "field": "tokens.system",
            "error": "must be an integer ≥ 0",
            "status": 422,
        }
    ]
    assert await in_db(UsageSample.objects.count) == 2


async def test_ndjson_is_a_batch_of_lines(api: Any) -> None:
    lines = b'{"session":"a","tokens":{"history":1}}\n\n{"session":"b","tokens":{}}\n{'

    response = await api.post(
        "/usage", lines, headers={"Content-Type": "application/x-ndjson"}
    )

    assert response.json()["accepted"] == 2
    assert response.json()["rejected"][0]["index"] == 2
