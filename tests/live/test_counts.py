"""The counts above the lists follow what happens, up and down."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.live.conftest import ONE


async def test_counts_catch_up_with_what_came_while_they_were_read(
    api: Any, open_socket: Any, monkeypatch: Any
) -> None:
    from tracker.live.hub import hub

    socket = await open_socket()
    await socket.next()
    read, posted = hub._counts_now, []

    async def read_too_soon(moved: set[int]) -> dict[frozenset[int], str]:
        found = await read(moved)
        if moved and not posted:
            posted.append(await api.post("/usage", ONE | {"session": "late"}))
            await asyncio.sleep(0.05)  # its news too is there before the tick
        return found

    monkeypatch.setattr(hub, "_counts_now", read_too_soon)
    await api.post("/usage", ONE | {"session": "first"})

    await socket.until(lambda m: m["type"] == "counts" and m["counts"]["warning"] == 2)

    assert len(posted) == 1
    assert sorted(socket.seqs("event")) == [1, 2]


async def test_a_verdict_reaches_open_pages_as_a_smaller_count(
    api: Any, open_socket: Any
) -> None:
    said = [{"role": "user", "content": "The gate is open."}]
    made = await api.post(
        "/sessions/s/compressions", {"before": said * 3, "after": said}
    )
    socket = await open_socket()
    assert (await socket.next())["pending"] == 1

    pk = made.json()["compression"]["id"]
    await api.post(f"/compressions/{pk}/review", {"review": "accepted"})

    await socket.first("counts", pending=0)


async def test_a_session_that_reports_again_is_active_again(
    api: Any, open_socket: Any
) -> None:
    await api.post("/usage", ONE | {"at": "2020-01-01T00:00:00Z"})
    socket = await open_socket()
    snapshot = await socket.next()

    await api.post("/usage", ONE)
    counts = await socket.first("counts")

    assert (snapshot["counts"]["warning"], snapshot["active"]["warning"]) == (1, 0)
    assert (counts["counts"]["warning"], counts["active"]["warning"]) == (1, 1)


async def test_who_falls_silent_is_idle_without_any_news(
    api: Any, open_socket: Any, in_db: Any, monkeypatch: Any
) -> None:
    from datetime import timedelta

    from tracker.live import hub, store

    await api.post("/usage", ONE)
    short, long = [
        await open_socket(f"/ws/overview/?active={span}") for span in ("15m", "7d")
    ]
    assert (await short.next())["active"]["warning"] == 1
    await long.next()

    monkeypatch.setattr(hub, "AGED_EVERY", 0.05)
    an_hour = {**store.SPANS, "15m": timedelta(seconds=-1)}
    monkeypatch.setattr(store, "SPANS", an_hour)

    await short.until(lambda m: m["type"] == "counts" and m["active"]["warning"] == 0)
    await long.until(lambda m: m["type"] == "counts" and m["active"]["warning"] == 1)
