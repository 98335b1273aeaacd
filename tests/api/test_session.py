"""GET /api/v1/sessions/{session}, and how session keys travel in addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

KEYS = [
    "chat-42",
    "team/a/b",
    "/leading",
    "trailing/",
    "a//b",
    "usage",
    "x/usage",
    "x/optimize",
    "x/compressions",
    "a/../b",
    "💬 refund 🤖",
    "جلسة/١",
    "e\u0301 é",
    "a?b#c&d=e",
    "100%",
    "%2F",
    "a+b c",
    "back\\slash",
    "'; DROP TABLE tracker_llmsession; --",
    "x" * 255,
    "💬" * 255,
]


@pytest.mark.parametrize("name", KEYS)
async def test_any_key_is_found_again_percent_encoded(
    api: Any, report: Any, name: str
) -> None:
    await report(name, 163_000)
    address = "/sessions/" + quote(name, safe="")

    session = await api.get(address)
    samples = await api.get(address + "/usage")
    events = await api.get(address + "/events")
    compressions = await api.get(address + "/compressions")

    assert session.status_code == 200, session.text
    assert session.json()["session"] == name
    assert [s["used_tokens"] for s in samples.json()["results"]] == [163_000]
    assert [e["session"] for e in events.json()["results"]] == [name]
    assert compressions.json()["results"] == []


async def test_a_key_of_dots_alone_is_read_by_its_raw_address(
    api: Any, report: Any
) -> None:
    """Clients resolve `..` themselves; encoded dots reach the server."""
    await report("..", 5)

    response = await api.get("/sessions/%2E%2E")

    assert response.json()["session"] == ".."


async def test_a_slash_that_was_not_encoded_still_names_the_session(
    api: Any, report: Any
) -> None:
    await report("team/a", 5)

    assert (await api.get("/sessions/team/a")).json()["session"] == "team/a"
    assert (await api.get("/sessions/team/a/usage")).json()["sample_count"] == 1


async def test_the_page_says_policy_window_lanes_and_counts(
    api: Any, report: Any
) -> None:
    await report("s", 90_000, window_tokens=104_000, message_count=4)
    await report("s", 30, lane="helper", model="gpt-4o")

    body = (await api.get("/sessions/s")).json()

    assert body["budget"]["window_tokens"] == 104_000
    assert body["budget"]["window_source"] == "report"
    assert body["budget"]["policy"] == "default"
    assert body["budget"]["level"] == "compress"
    assert body["message_count"] == 4
    (lane,) = body["lane_budgets"]
    assert (lane["lane"], lane["model"], lane["sample_count"]) == (
        "helper",
        "gpt-4o",
        1,
    )
    assert lane["budget"]["used_tokens"] == 30


async def test_a_reserve_that_no_longer_fits_the_reported_window_is_no_error(
    api: Any, report: Any, in_db: Any
) -> None:
    from tracker.models import ConfigVersion, Policy
    from tracker.reading.policies.policy_shelf import forget_policies

    await report("s", 1_000, event_id="e", window_tokens=10_000)

    def reserve_more() -> None:
        Policy.objects.update_or_create(
            name="default", defaults={"reserved_tokens": 12_000}
        )
        ConfigVersion.bump()
        forget_policies()

    await in_db(reserve_more)

    body = (await api.get("/sessions/s")).json()
    again = await api.post(
        "/usage", {"session": "s", "event_id": "e", "tokens": {"history": 1_000}}
    )

    assert body["budget"]["window_tokens"] == 200_000
    assert body["budget"]["reserved_tokens"] == 12_000
    assert again.status_code == 200
    assert again.json()["budget"] == body["budget"]


@pytest.mark.parametrize(
    "address", ["none", "%00", "%FF%FE", "a%0Ab", "x" * 5_000, "none/usage"]
)
async def test_an_unknown_session_is_missing(api: Any, address: str) -> None:
    response = await api.get(f"/sessions/{address}")

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


async def test_an_unknown_parameter_is_named(api: Any, report: Any) -> None:
    await report("s", 1)

    response = await api.get("/sessions/s?verbose=1")

    assert response.status_code == 422
    assert response.json()["error"]["field"] == "verbose"


async def test_somebody_elses_session_is_like_a_missing_one(
    api: Any, report: Any, stranger_key: str
) -> None:
    await report("s", 1)

    theirs = await api.get("/sessions/s", key=stranger_key)
    missing = await api.get("/sessions/none", key=stranger_key)

    assert theirs.status_code == missing.status_code == 404
    assert theirs.text == missing.text.replace("none", "s")


async def test_without_the_right_key_nothing_is_shown(
    report: Any, refuses_bad_keys: Any
) -> None:
    await report("s", 1)

    await refuses_bad_keys("GET", "/sessions/s", scope="read")


async def test_an_unknown_address_is_missing(api: Any) -> None:
    response = await api.get("/nothing/here")

    assert response.status_code == 404
    assert "/api/v1/docs" in response.json()["error"]["message"]


async def test_the_forecast_is_silent_until_there_is_a_pace(api: Any) -> None:
    for turn in range(12):
        await api.post(
            "/usage",
            {
                "session": "grows",
                "at": f"2026-11-22T10:{turn:02}:00Z",
                "tokens": {"history": 100_000 + 4_000 * turn},
            },
        )
        if turn == 2:
            early = (await api.get("/sessions/grows")).json()["forecast"]

    forecast = (await api.get("/sessions/grows")).json()["forecast"]

    assert early is None
    assert forecast["pace_tokens"] == 4_000
    assert [reach["level"] for reach in forecast["thresholds"]][0] == "warning"
