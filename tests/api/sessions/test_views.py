"""GET /api/v1/sessions."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest


async def test_sessions_come_newest_first_with_budget_and_counts(
    api: Any, report: Any
) -> None:
    await report("old", 100, at="2026-11-01T10:00:00Z", title="First", model="gpt-4o")
    await report("new", 163_000, at="2026-11-02T10:00:00Z", metadata={"team": "x"})

    response = await api.get("/sessions")

    assert response.status_code == 200
    assert response.json()["next"] is None
    new, old = response.json()["results"]
    assert (new["session"], old["session"]) == ("new", "old")
    assert new["budget"]["level"] == "warning"
    assert (new["sample_count"], new["event_count"]) == (1, 1)
    assert new["compression_count"] == 0
    assert new["metadata"] == {"team": "x"}
    assert (old["title"], old["model"], old["lanes"]) == ("First", "gpt-4o", ["main"])
    assert old["first_at"] == old["last_at"] == "2026-11-01T10:00:00Z"


async def test_lanes_are_named_and_stay_out_of_the_sessions_gauge(
    api: Any, report: Any
) -> None:
    await report("s", 100)
    await report("s", 190_000, lane="searcher")

    (session,) = (await api.get("/sessions")).json()["results"]

    assert session["lanes"] == ["main", "searcher"]
    assert session["budget"]["used_tokens"] == 100
    assert session["sample_count"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level=warning", {"full"}),
        ("level=ok", {"half", "small"}),
        ("model=gpt-4o", {"half"}),
        ("q=refund", {"small"}),
        ("q=FULL", {"full"}),
        ("q=searching", {"half"}),
        ("q=100%25", set()),
        ("q=_", set()),
        ("q=team:searching", {"half"}),
        ("meta=team:searching", {"half"}),
        ("meta=team:searching&meta=team:other", set()),
        ("level=exceeded", set()),
    ],
)
async def test_filters_narrow(
    api: Any, report: Any, query: str, found: set[str]
) -> None:
    await report("full", 163_000)
    await report("half", 60_000, model="gpt-4o", metadata={"team": "searching"})
    await report("small", 10, title="A refund")

    response = await api.get(f"/sessions?{query}")

    assert {s["session"] for s in response.json()["results"]} == found


@pytest.mark.parametrize("order", ["newest", "fullest"])
async def test_paging_yields_each_session_once_while_new_ones_arrive(
    api: Any, report: Any, order: str
) -> None:
    for n in range(7):
        await report(f"s{n}", 1_000, at="2026-11-01T10:00:00Z")  # all equal
    seen: list[str] = []
    cursor = ""

    while True:
        page = (
            await api.get(f"/sessions?order={order}&limit=2&cursor={cursor}")
        ).json()
        assert len(page["results"]) <= 2
        seen += [s["session"] for s in page["results"]]
        await report(f"late{len(seen)}", 150_000)
        if page["next"] is None:
            break
        cursor = page["next"]

    assert sorted(seen) == [f"s{n}" for n in range(7)]


async def test_fullest_first_sorts_no_full_session_out_of_sight(
    api: Any, report: Any
) -> None:
    await report("idle", 190_000, at="2020-01-01T00:00:00Z")
    await report("active", 10)
    await report("fuller", 20)

    found = (await api.get("/sessions?order=fullest")).json()["results"]

    assert [s["session"] for s in found] == ["idle", "fuller", "active"]


def _cursor(*values: Any) -> str:
    text = json.dumps(values).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        ("limit=-1", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=%D9%A3", "limit"),
        ("level=high", "level"),
        ("order=oldest", "order"),
        ("colour=red", "colour"),
        ("q=%00", "q"),
        (f"q={'x' * 256}", "q"),
        ("meta=team", "meta"),
        ("meta=team:a%00", "meta"),
        ("meta=a:1" + "&meta=a:1" * 5, "meta"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%F0%9F%92%A5", "cursor"),
        ("cursor=" + _cursor(0, None), "cursor"),
        ("cursor=" + _cursor(9, None, "2026-01-01T00:00:00+00:00", 1), "cursor"),
        ("cursor=" + _cursor(0, None, "2026-01-01T00:00:00", 1), "cursor"),
        ("cursor=" + _cursor(0, None, "0001-01-01T00:00:00+14:00", 1), "cursor"),
        ("cursor=" + _cursor(0, None, None, 1), "cursor"),
        ("cursor=" + _cursor(0, None, {}, []), "cursor"),
        ("order=fullest&cursor=" + _cursor(0, None, "full", 1), "cursor"),
        ("order=fullest&cursor=" + _cursor(0), "cursor"),
    ],
)
async def test_a_bad_parameter_is_named(api: Any, query: str, field: str) -> None:
    response = await api.get(f"/sessions?{query}")

    assert response.status_code == 422, response.text
    assert response.json()["error"]["field"] == field
    assert response.json()["error"]["message"]


async def test_a_cursor_of_numbers_beyond_any_row_finds_nothing(
    api: Any, report: Any
) -> None:
    await report("s", 1)

    response = await api.get(
        "/sessions?cursor=" + _cursor(0, None, "2000-01-01T00:00:00+00:00", 10**30)
    )

    assert response.json() == {"results": [], "next": None}


async def test_more_parameters_than_anybody_needs_are_refused(api: Any) -> None:
    response = await api.get("/sessions?" + "&".join(f"a{n}=1" for n in range(1_100)))

    assert response.status_code == 400


async def test_only_the_keys_own_project_is_listed(
    api: Any, report: Any, stranger_key: str
) -> None:
    await report("mine", 1)

    response = await api.get("/sessions", key=stranger_key)

    assert response.json()["results"] == []


async def test_without_the_right_key_nothing_is_listed(refuses_bad_keys: Any) -> None:
    await refuses_bad_keys("GET", "/sessions", scope="read")


async def test_other_methods_are_refused(api: Any) -> None:
    assert (await api.post("/sessions", {})).status_code == 405
    assert (await api.request("DELETE", "/sessions")).status_code == 405
