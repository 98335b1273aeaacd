"""One socket's outbox, with a network that takes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from tracker.live.bundles import Bundle
from tracker.live.subscriber import Subscriber

NOT_ALLOWED = 4003


class FullNetwork:
    """Neither a frame nor a close frame gets through until `flowing` is set."""

    def __init__(self) -> None:
        self.flowing = asyncio.Event()
        self.is_sending = asyncio.Event()
        self.is_closing = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.codes: list[int] = []

    async def send(self, message: dict[str, Any]) -> None:
        self.is_sending.set()
        await self.flowing.wait()
        self.sent.append(message)

    async def shut(self, code: int) -> None:
        self.is_closing.set()
        await self.flowing.wait()
        self.codes.append(code)


async def test_turning_away_again_leaves_a_closing_that_waits_alone() -> None:
    network = FullNetwork()
    subscriber = Subscriber(
        frozenset((1,)), session_id=None, send=network.send, shut=network.shut
    )
    running = asyncio.create_task(subscriber.run())
    subscriber.release({})
    subscriber.offer(Bundle({}, [(1, 1, "{}")], None, is_list=True))
    async with asyncio.timeout(60):
        await network.is_sending.wait()

        subscriber.turn_away(NOT_ALLOWED)
        await network.is_closing.wait()
        subscriber.turn_away(NOT_ALLOWED)
        await asyncio.sleep(0)
        network.flowing.set()
        await running

    assert network.codes == [NOT_ALLOWED]
    assert network.sent == []


async def test_a_reader_that_asks_on_and_on_is_owed_one_answer() -> None:
    network = FullNetwork()
    subscriber = Subscriber(
        frozenset((1,)), session_id=None, send=network.send, shut=network.shut
    )
    running = asyncio.create_task(subscriber.run())
    subscriber.release({})
    async with asyncio.timeout(60):
        subscriber.answer_ping()
        await network.is_sending.wait()
        for _ in range(1_000):
            subscriber.answer_ping()
        network.flowing.set()
        while len(network.sent) < 2:
            await asyncio.sleep(0)
        subscriber.close(1000)
        await running

    assert [frame["text"] for frame in network.sent] == ['{"type":"pong"}'] * 2
