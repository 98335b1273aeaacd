"""Recorded compressions are listed and read, each by its own project."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.intake.request_bodies import NUMBERS


async def test_lists_narrow_by_session_review_and_trigger(api: Any) -> None:
    for session, trigger in (("a", "auto"), ("b", "manual"), ("b", "auto")):
        body = NUMBERS | {"event_id": None, "trigger": trigger}
        await api.post(f"/sessions/{session}/compressions", body)
    newest = (await api.get("/compressions?limit=1")).json()["results"][0]
    await api.post(f"/compressions/{newest['id']}/review", {"review": "accepted"})

    async def sessions(query: str) -> list[str]:
        body = (await api.get(query)).json()
        return [c["session"] for c in body["results"]]

    assert await sessions("/compressions") == ["b", "b", "a"]
    assert await sessions("/compressions?session=a") == ["a"]
    assert await sessions("/compressions?review=pending") == ["b", "a"]
    assert await sessions("/compressions?trigger=manual") == ["b"]
    assert await sessions("/sessions/b/compressions") == ["b", "b"]


async def test_paging_yields_each_compression_once(api: Any) -> None:
    for n in range(5):
        body = NUMBERS | {"event_id": f"c{n}", "at": "2026-11-22T10:00:00Z"}
        await api.post("/sessions/s/compressions", body)
    seen: list[int] = []
    cursor = ""

    while cursor is not None:
        page = (await api.get(f"/compressions?limit=2&cursor={cursor}")).json()
        seen += [c["id"] for c in page["results"]]
        cursor = page["next"]

    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/compressions?review=maybe", "review"),
        ("/compressions?trigger=whim", "trigger"),
        ("/compressions?cursor=x", "cursor"),
        ("/compressions?limit=0", "limit"),
        ("/compressions?session=%00", "session"),
        ("/compressions?page=2", "page"),
        ("/sessions/s/compressions?review=pending", "review"),
    ],
)
async def test_a_bad_parameter_is_named(
    api: Any, report: Any, path: str, field: str
) -> None:
    await report("s", 1)

    response = await api.get(path)

    assert response.status_code == 422
    assert response.json()["error"]["field"] == field


@pytest.mark.parametrize("pk", ["999", "9" * 30, "9" * 5_000, "x", "-1", "1.5"])
async def test_an_unknown_compression_is_missing(api: Any, pk: str) -> None:
    assert (await api.get(f"/compressions/{pk}")).status_code == 404
    reviewed = await api.post(f"/compressions/{pk}/review", {"review": "accepted"})
    assert reviewed.status_code in (404, 405)


async def test_others_see_and_change_nothing(
    api: Any, in_db: Any, stranger_key: str, refuses_bad_keys: Any
) -> None:
    from tracker.models import Compression, LLMSession

    made = (await api.post("/sessions/s/compressions", NUMBERS)).json()
    address = f"/compressions/{made['compression']['id']}"
    verdict = {"review": "flagged"}

    listed = await api.get("/compressions", key=stranger_key)
    read = await api.get(address, key=stranger_key)
    below = await api.get("/sessions/s/compressions", key=stranger_key)
    judged = await api.post(address + "/review", verdict, key=stranger_key)
    recorded = await api.post("/sessions/s/compressions", NUMBERS, key=stranger_key)

    assert listed.json()["results"] == []
    assert read.status_code == below.status_code == judged.status_code == 404
    assert recorded.status_code == 201  # a session of that name, in their own project
    sessions = await in_db(
        lambda: list(LLMSession.objects.values_list("project__slug", flat=True))
    )
    assert sorted(sessions) == ["default", "other"]
    assert await in_db(lambda: {c.review for c in Compression.objects.all()}) == {
        "pending"
    }
    await refuses_bad_keys("GET", "/compressions", scope="read")
    await refuses_bad_keys("GET", address, scope="read")
    await refuses_bad_keys("GET", "/sessions/s/compressions", scope="read")
    await refuses_bad_keys(
        "POST", "/sessions/s/compressions", scope="ingest", body=NUMBERS
    )
    await refuses_bad_keys("POST", address + "/review", scope="optimize", body=verdict)
