"""A reader that does not keep up costs the others nothing, and finds back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tracker.live.subscriber import NUMBERED_WAITING, SLOW_READER


class SlowSocket:
    """A websocket whose network takes nothing while `flowing` is not set."""

    def __init__(self, application: Any, key: str) -> None:
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.sent: list[dict[str, Any]] = []
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._events.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "path": "/ws/overview/",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {key}".encode())],
            "subprotocols": [],
        }
        self.task = asyncio.create_task(
            application(scope, self._events.get, self._send)
        )

    async def _send(self, message: dict[str, Any]) -> None:
        await self.flowing.wait()
        self.sent.append(message)

    async def until(self, is_last: Any) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                for message in self.sent:
                    if is_last(message):
                        return message
                await asyncio.sleep(0.01)

    @property
    def seqs(self) -> list[int]:
        found = []
        for message in self.sent:
            if "text" in message:
                body = json.loads(message["text"])
                items = body.get("messages", [body])
                found += [item["seq"] for item in items if item["type"] == "event"]
        return found

    async def hang_up(self) -> None:
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


async def test_a_slow_reader_is_closed_and_resumes_where_it_was(
    application: Any, open_socket: Any, swing: Any, key: str
) -> None:
    slow = SlowSocket(application, key)
    await slow.until(lambda m: "snapshot" in m.get("text", ""))
    quick = await open_socket()
    await swing("s", 2)
    await quick.first("event", seq=2)
    await slow.until(lambda m: '"seq":2' in m.get("text", ""))

    slow.flowing.clear()
    total = 2
    while total < NUMBERED_WAITING + 150:
        await swing("s", 50)
        total += 50
        await quick.first("event", seq=total)  # the others hear all of it at once
    slow.flowing.set()
    closed = await slow.until(lambda m: m["type"] == "websocket.close")
    last = max(slow.seqs)
    await slow.hang_up()
    back = await open_socket(f"/ws/overview/?after=default:{last}")
    await back.first("event", seq=total)

    assert closed["code"] == SLOW_READER == 4008
    assert slow.seqs == list(range(1, last + 1))
    assert last < total
    assert back.seen[0]["gap"] is False
    assert back.seqs() == list(range(last + 1, total + 1))
    assert quick.seqs() == list(range(1, total + 1))


async def test_a_reader_that_was_only_short_of_breath_misses_nothing(
    application: Any, open_socket: Any, swing: Any, key: str
) -> None:
    slow = SlowSocket(application, key)
    quick = await open_socket()
    await slow.until(lambda m: "snapshot" in m.get("text", ""))

    slow.flowing.clear()
    for n in range(1, 6):
        await swing("s", 20)
        await quick.first("event", seq=n * 20)
    slow.flowing.set()
    async with asyncio.timeout(60):
        while len(slow.seqs) < 100:
            await asyncio.sleep(0.01)
    await slow.hang_up()

    assert slow.seqs == list(range(1, 101))


async def test_gauges_that_wait_are_overtaken_by_newer_ones(
    api: Any, application: Any, open_socket: Any, key: str
) -> None:
    slow = SlowSocket(application, key)
    quick = await open_socket()
    await slow.until(lambda m: "snapshot" in m.get("text", ""))

    slow.flowing.clear()
    for n in range(1, 11):
        await api.post("/usage", {"session": "s", "tokens": {"history": n}})
        await quick.first("budget", sample_count=n)
    slow.flowing.set()
    await slow.until(lambda m: '"sample_count":10' in m.get("text", ""))
    await slow.hang_up()

    moves = [m for m in slow.sent if '"type":"budget"' in m.get("text", "")]
    assert len(moves) <= 2


async def test_a_reader_that_takes_nothing_for_long_is_gone(
    application: Any, open_socket: Any, swing: Any, key: str, monkeypatch: Any
) -> None:
    from tracker.live import subscriber
    from tracker.live.hub import hub

    monkeypatch.setattr(subscriber, "SECONDS_PER_SEND", 0.1)
    slow = SlowSocket(application, key)
    await slow.until(lambda m: "snapshot" in m.get("text", ""))
    slow.flowing.clear()

    await swing("s", 1)
    await asyncio.sleep(0.3)
    slow.flowing.set()
    closed = await slow.until(lambda m: m["type"] == "websocket.close")
    await slow.hang_up()

    assert closed["code"] == SLOW_READER
    assert hub.size == 0
