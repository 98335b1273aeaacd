"""A compression that is refused names its field and stores nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.intake.request_bodies import NUMBERS


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"summary": "\\ud800", "before_tokens": 1, "after_tokens": 1}', 400, None),
        ({}, 422, "before_tokens"),
        ({"before_tokens": 5}, 422, "after_tokens"),
        ({"before_tokens": -5, "after_tokens": 1}, 422, "before_tokens"),
        ({"before_tokens": 10**13, "after_tokens": 1}, 422, "before_tokens"),
        (NUMBERS | {"trigger": "whim"}, 422, "trigger"),
        (NUMBERS | {"colour": 1}, 422, "colour"),
        (NUMBERS | {"at": "2026-11-22"}, 422, "at"),
        (NUMBERS | {"strategy": "x" * 65}, 422, "strategy"),
        (NUMBERS | {"strategy": "by\u001b[2J hand"}, 422, "strategy"),
        (NUMBERS | {"lane": ""}, 422, "lane"),
        (NUMBERS | {"metadata": {"a": "x" * 9_000}}, 422, "metadata"),
        ({"before": [1], "after": []}, 422, "before[0]"),
        ({"before": [{"role": 1}], "after": []}, 422, "before[0]"),
        ({"before": "text", "after": []}, 422, "before"),
        ([], 422, None),
    ],
)
async def test_bad_input_names_field_and_rule_and_stores_nothing(
    api: Any, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import Compression, LLMSession

    response = await api.post("/sessions/s/compressions", body)

    assert response.status_code == status, response.text
    assert response.json()["error"]["field"] == field
    assert response.json()["error"]["message"]
    counts = await in_db(
        lambda: LLMSession.objects.count() + Compression.objects.count()
    )
    assert counts == 0


@pytest.mark.parametrize("name", ["a%0Ab", "%00", "x" * 256])
async def test_a_key_that_no_session_can_have_is_named(api: Any, name: str) -> None:
    response = await api.post(f"/sessions/{name}/compressions", NUMBERS)

    assert response.status_code == 422
    assert response.json()["error"]["field"] == "session"
