"""POST /api/v1/compressions/{id}/review."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def address(api: Any) -> str:
    """Where to judge a compression that has just been recorded."""
    body = {"before_tokens": 100, "after_tokens": 10}
    made = (await api.post("/sessions/s/compressions", body)).json()
    return f"/compressions/{made['compression']['id']}/review"


async def test_a_verdict_is_stored_with_note_and_time(
    api: Any, address: str, in_db: Any
) -> None:
    from tracker.models import Compression

    response = await api.post(
        address, {"review": "flagged", "note": "Lost the port. 🤔"}
    )

    assert response.status_code == 200
    body = response.json()
    assert (body["review"], body["review_note"]) == ("flagged", "Lost the port. 🤔")
    assert body["reviewed_at"] is not None
    row = await in_db(Compression.objects.get)
    assert (row.review, row.review_note) == ("flagged", "Lost the port. 🤔")


async def test_back_to_pending_forgets_when_it_was_judged(
    api: Any, address: str
) -> None:
    await api.post(address, {"review": "accepted"})

    body = (await api.post(address, {"review": "pending"})).json()

    assert (body["review"], body["reviewed_at"]) == ("pending", None)


async def test_a_verdict_somebody_changed_meanwhile_is_a_conflict(
    api: Any, address: str, in_db: Any
) -> None:
    from tracker.models import Compression

    await api.post(address, {"review": "accepted"})

    response = await api.post(address, {"review": "flagged", "expected": "pending"})

    assert response.status_code == 409
    assert "accepted" in response.json()["error"]["message"]
    assert (await in_db(Compression.objects.get)).review == "accepted"


async def test_what_was_expected_may_be_changed(api: Any, address: str) -> None:
    response = await api.post(address, {"review": "flagged", "expected": "pending"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "review"),
        ({"review": "good"}, 422, "review"),
        ({"review": "accepted", "note": "x" * 10_001}, 422, "note"),
        ({"review": "accepted", "note": "a\0b"}, 422, "note"),
        ({"review": "accepted", "expected": "new"}, 422, "expected"),
        ({"review": "accepted", "by": "me"}, 422, "by"),
        (b"nonsense", 400, None),
    ],
)
async def test_bad_input_names_field_and_rule_and_changes_nothing(
    api: Any, address: str, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import Compression

    response = await api.post(address, body)

    assert response.status_code == status, response.text
    assert response.json()["error"]["field"] == field
    assert (await in_db(Compression.objects.get)).review == "pending"


async def test_it_is_never_read_with_get(api: Any, address: str) -> None:
    assert (await api.get(address)).status_code == 405
