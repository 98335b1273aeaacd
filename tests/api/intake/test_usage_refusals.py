"""POST /api/v1/usage: what is refused, and that nothing of it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.intake.request_bodies import REPORT


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"session": "\\ud800", "tokens": {}}', 400, None),
        (b'{"session": "a", "tokens": {"history": NaN}}', 400, None),
        (b"[" * 100_000, 400, None),
        ({"tokens": {}}, 422, "session"),
        ({"session": "", "tokens": {}}, 422, "session"),
        ({"session": "a\nb", "tokens": {}}, 422, "session"),
        ({"session": "a" * 256, "tokens": {}}, 422, "session"),
        ({"session": "a"}, 422, "tokens"),
        ({"session": "a", "tokens": {"history": -1}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"history": 1.5}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"history": True}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"history": 10**12 + 1}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"output": 1}}, 422, "tokens.output"),
        ({"session": "a", "tokens": {}, "colour": 1}, 422, "colour"),
        ({"session": "a", "tokens": {}, "at": "yesterday"}, 422, "at"),
        ({"session": "a", "tokens": {}, "at": "2026-11-22T10:00:00"}, 422, "at"),
        ({"session": "a", "tokens": {}, "at": "0001-01-01T00:00:00+14:00"}, 422, "at"),
        ({"session": "a", "usage": {"input_tokens": -1}}, 422, "usage.input_tokens"),
        ({"session": "a", "usage": {}}, 422, "usage"),
        ({"session": "a", "tokens": {}, "window_tokens": 0}, 422, "window_tokens"),
        ({"session": "a", "tokens": {}, "window_tokens": 4000}, 422, "window_tokens"),
        (
            {"session": "a", "tokens": {}, "metadata": {"k": "x" * 9000}},
            422,
            "metadata",
        ),
        ({"session": "a", "messages": [1]}, 422, "messages[0]"),
        ([], 422, None),
        ("text", 422, None),
    ],
)
async def test_bad_input_names_field_and_rule_and_stores_nothing(
    api: Any, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import LLMSession, UsageSample

    response = await api.post("/usage", body)

    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["field"] == field
    assert error["message"]
    stored = await in_db(
        lambda: LLMSession.objects.count() + UsageSample.objects.count()
    )
    assert stored == 0


@pytest.mark.parametrize(
    ("given", "status"), [("", 401), ("tb_wrong", 401), ("nonsense", 401)]
)
async def test_without_a_good_key_nothing_is_taken(
    api: Any, in_db: Any, given: str, status: int
) -> None:
    from tracker.models import UsageSample

    response = await api.post("/usage", REPORT, key=given)

    assert response.status_code == status
    assert await in_db(UsageSample.objects.count) == 0


async def test_a_key_without_the_scope_is_refused(api: Any, in_db: Any) -> None:
    from tracker.changes.access.api_keys import create_api_key
    from tracker.models import Project, UsageSample

    read_only = await in_db(
        lambda: create_api_key(
            project=Project.objects.get(), name="reader", scopes=["read"]
        )[1]
    )

    response = await api.post("/usage", REPORT, key=read_only)

    assert response.status_code == 403
    assert await in_db(UsageSample.objects.count) == 0


async def test_a_revoked_key_is_refused_at_the_next_write(api: Any, in_db: Any) -> None:
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.models import ApiKey, UsageSample

    assert (await api.post("/usage", REPORT)).status_code == 201
    await in_db(lambda: revoke_api_key(ApiKey.objects.get()))

    response = await api.post("/usage", REPORT | {"event_id": "req_02"})

    assert response.status_code == 401
    assert await in_db(UsageSample.objects.count) == 1
