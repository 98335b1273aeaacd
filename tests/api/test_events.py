"""GET /api/v1/events and /api/v1/sessions/{session}/events."""

from __future__ import annotations

from typing import Any

import pytest

SWING = [100, 163_000, 100, 190_000, 197_000, 100]
LEVELS = ["warning", "ok", "critical", "exceeded", "ok"]


async def swing(api: Any, session: str = "s") -> None:
    for n, used in enumerate(SWING):
        await api.post(
            "/usage",
            {
                "session": session,
                "at": f"2026-11-22T10:00:{n:02}Z",
                "tokens": {"history": used},
            },
        )


async def test_events_come_newest_first_and_say_what_was_crossed(api: Any) -> None:
    await swing(api)

    body = (await api.get("/events")).json()

    assert [e["to_level"] for e in body["results"]] == LEVELS[::-1]
    newest = body["results"][0]
    assert newest["from_level"] == "exceeded"
    assert newest["session"] == "s"
    assert newest["used_tokens"] == 100
    assert newest["available_tokens"] == 196_000
    assert newest["policy"] == "default"
    assert newest["at"] == "2026-11-22T10:00:05Z"
    assert [e["seq"] for e in body["results"]] == [5, 4, 3, 2, 1]


async def test_a_follower_gets_each_event_once_in_order(api: Any) -> None:
    await swing(api, "a")
    after, seen = "0", []

    while after is not None:
        body = (await api.get(f"/events?after={after}&limit=2")).json()
        seen += body["results"]
        after = body["next"]
    await swing(api, "b")
    later = (await api.get(f"/events?after={seen[-1]['id']}")).json()

    assert [e["to_level"] for e in seen] == LEVELS
    assert [e["id"] for e in seen] == sorted({e["id"] for e in seen})
    assert [e["session"] for e in later["results"]] == ["b"] * len(LEVELS)
    assert later["next"] is None


@pytest.mark.parametrize("path", ["/events", "/sessions/s/events"])
async def test_paging_backwards_yields_each_event_once(api: Any, path: str) -> None:
    await swing(api)
    seen: list[Any] = []
    cursor = ""

    while cursor is not None:
        body = (await api.get(f"{path}?limit=2&cursor={cursor}")).json()
        seen += body["results"]
        cursor = body["next"]

    assert [e["to_level"] for e in seen] == LEVELS[::-1]


async def test_a_level_narrows_to_events_that_reached_it(api: Any) -> None:
    await swing(api)

    body = (await api.get("/events?level=ok")).json()

    assert {e["to_level"] for e in body["results"]} == {"ok"}
    assert len(body["results"]) == 2


async def test_a_session_shows_its_own_events_alone(api: Any) -> None:
    await swing(api, "a")
    await swing(api, "b")

    body = (await api.get("/sessions/a/events")).json()

    assert {e["session"] for e in body["results"]} == {"a"}
    assert len(body["results"]) == len(LEVELS)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/events?after=-1", "after"),
        ("/events?after=x", "after"),
        ("/events?after=" + "9" * 30, "after"),
        ("/events?after=1" + "0" * 19, "after"),
        ("/events?after=1" + "0" * 5_000, "after"),
        ("/events?level=full", "level"),
        ("/events?limit=0", "limit"),
        ("/events?cursor=x", "cursor"),
        ("/events?session=s", "session"),
        ("/sessions/s/events?after=1", "after"),
        ("/sessions/s/events?cursor=W10", "cursor"),
        ("/sessions/s/events?limit=501", "limit"),
    ],
)
async def test_a_bad_parameter_is_named(
    api: Any, report: Any, path: str, field: str
) -> None:
    await report("s", 1)

    response = await api.get(path)

    assert response.status_code == 422, response.text
    assert response.json()["error"]["field"] == field


async def test_others_see_nothing_of_it(
    api: Any, stranger_key: str, refuses_bad_keys: Any
) -> None:
    await swing(api)

    assert (await api.get("/events", key=stranger_key)).json()["results"] == []
    after = await api.get("/events?after=0", key=stranger_key)
    assert after.json()["results"] == []
    assert (await api.get("/sessions/s/events", key=stranger_key)).status_code == 404
    await refuses_bad_keys("GET", "/events", scope="read")
    await refuses_bad_keys("GET", "/sessions/s/events", scope="read")
