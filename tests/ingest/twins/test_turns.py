"""Requests that share a trace wait for each other, others do not."""

from __future__ import annotations

import asyncio

from tracker.ingest.twins.turns import Turns


async def test_one_at_a_time_where_they_share_a_place() -> None:
    turns, order, go = Turns(), [], asyncio.Event()

    async def visit(name: str, places: set[str]) -> None:
        async with turns.of(places):
            order.append(f"{name} in")
            if name == "first":
                await go.wait()
            order.append(f"{name} out")

    first = asyncio.create_task(visit("first", {"a", "b"}))
    await asyncio.sleep(0)
    second = asyncio.create_task(visit("second", {"b", "c"}))
    await visit("third", {"d"})
    go.set()
    await asyncio.gather(first, second)

    assert order == [
        "first in",
        "third in",
        "third out",
        "first out",
        "second in",
        "second out",
    ]


async def test_a_visit_that_fails_lets_the_next_one_in() -> None:
    turns = Turns()
    try:
        async with turns.of({"a"}):
            raise RuntimeError
    except RuntimeError:
        pass

    async with asyncio.timeout(60), turns.of({"a"}):
        pass
