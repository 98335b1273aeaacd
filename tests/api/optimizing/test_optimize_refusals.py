"""POST optimize with what it does not take, and for whom it answers nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK, SHORT_TALK


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"messages": [{"role": "user", "content": "\\udfff"}]}', 400, None),
        ({}, 422, "messages"),
        ({"messages": "hello"}, 422, "messages"),
        ({"messages": [1]}, 422, "messages[0]"),
        ({"messages": [{"content": "x"}]}, 422, "messages[0]"),
        ({"messages": [{"role": "user"}, {"role": ""}]}, 422, None),
        (
            {"messages": [{"role": "user", "content": [{"type": "hologram"}]}]},
            422,
            "messages[0]",
        ),
        ({"messages": [], "system": [{"type": "hologram"}]}, 422, "system[0]"),
        ({"messages": [], "user_context": [{"type": 1}]}, 422, "user_context[0]"),
        ({"messages": [], "window_tokens": 4_000}, 422, "window_tokens"),
        ({"messages": [], "window_tokens": 0}, 422, "window_tokens"),
        ({"messages": [], "model": "a\nb"}, 422, "model"),
        ({"messages": [], "force": "yes"}, 422, "force"),
        ({"messages": [], "event_id": ""}, 422, "event_id"),
        ({"messages": [], "temperature": 1}, 422, "temperature"),
    ],
)
async def test_bad_input_names_field_and_rule_and_stores_nothing(
    api: Any, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import LLMSession

    response = await api.post("/sessions/s/optimize", body)

    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["message"]
    if field is not None:
        assert error["field"] == field
    assert await in_db(LLMSession.objects.count) == 0


@pytest.mark.parametrize("name", ["a%0Ab", "%00", "x" * 256])
async def test_a_key_that_no_session_can_have_is_named(api: Any, name: str) -> None:
    response = await api.post(f"/sessions/{name}/optimize", {"messages": []})

    assert response.status_code == 422
    assert response.json()["error"]["field"] == "session"


async def test_nul_characters_in_messages_do_no_harm(api: Any) -> None:
    talk = [m | {"content": m["content"] + "\0"} for m in LONG_TALK]

    response = await api.post("/sessions/s/optimize", {"messages": talk})

    assert response.status_code == 201
    assert response.json()["compressed"] is True


async def test_others_sessions_are_not_touched(
    api: Any, report: Any, in_db: Any, stranger_key: str, refuses_bad_keys: Any
) -> None:
    from tracker.models import LLMSession

    await report("s", 5)
    body = {"messages": SHORT_TALK}

    response = await api.post("/sessions/s/optimize", body, key=stranger_key)

    assert response.status_code == 201
    used = await in_db(
        lambda: LLMSession.objects.get(project__slug="default").used_tokens
    )
    assert used == 5
    await refuses_bad_keys("POST", "/sessions/s/optimize", scope="optimize", body=body)
    assert (await api.get("/sessions/s/optimize")).status_code == 405
