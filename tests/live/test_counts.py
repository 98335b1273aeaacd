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
    made = await api.post(
        "/sessions/s/compressions", {"before_tokens": 9, "after_tokens": 5}
    )
    socket = await open_socket()
    assert (await socket.next())["pending"] == 1

    pk = made.json()["compression"]["id"]
    await api.post(f"/compressions/{pk}/review", {"review": "accepted"})

    await socket.first("counts", pending=0)
