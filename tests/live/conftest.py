"""The real application with its hub, its writer and its sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

SECONDS = 60.0
FULL, EMPTY = 163_000, 0
ONE = {"session": "s", "tokens": {"history": FULL}}  # a report that warns


@pytest.fixture
async def application(project: Any, settings: Any) -> AsyncIterator[Any]:
    """The ASGI application between its lifespan's startup and shutdown."""
    from channels.layers import channel_layers

    from budget_site.asgi import application
    from tracker.live.hub import hub

    settings.LIVE_TICK_MS = 20
    channel_layers.backends = {}
    hub.__init__()
    requests: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    task = asyncio.create_task(
        application({"type": "lifespan"}, requests.get, answers.put)
    )
    for phase in ("startup", "shutdown"):
        await requests.put({"type": f"lifespan.{phase}"})
        answer = await asyncio.wait_for(answers.get(), SECONDS)
        assert answer["type"] == f"lifespan.{phase}.complete"
        if phase == "startup":
            yield application
    await task


class Socket:
    """One open websocket; batches arrive unpacked."""

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator
        self.waiting: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []

    async def next(self, *, timeout: float = SECONDS) -> dict[str, Any]:
        while not self.waiting:
            output = await self.communicator.receive_output(timeout)
            if output["type"] == "websocket.close":
                self.seen.append({"type": "close", "code": output["code"]})
                return self.seen[-1]
            message = json.loads(output["text"])
            batch = message["type"] == "batch"
            self.waiting += message["messages"] if batch else [message]
        self.seen.append(self.waiting.pop(0))
        return self.seen[-1]

    async def until(self, is_last: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message for which this holds; TimeoutError after 5 s."""
        async with asyncio.timeout(SECONDS):
            while not is_last(message := await self.next()):
                assert message["type"] != "close", message
        return message

    async def first(self, kind: str, **wanted: Any) -> dict[str, Any]:
        return await self.until(
            lambda m: m["type"] == kind and wanted.items() <= m.items()
        )

    async def is_silent(self) -> bool:
        """Nothing but gauges and counts for ten ticks: no fact comes again."""
        try:
            async with asyncio.timeout(0.3):
                while (await self.next())["type"] in ("budget", "counts"):
                    pass
        except TimeoutError:
            return True
        return False

    def seqs(self, *kinds: str) -> list[int]:
        kinds = kinds or ("event", "compression")
        return [message["seq"] for message in self.seen if message["type"] in kinds]

    async def close(self) -> None:
        await self.communicator.disconnect()


Open = Callable[..., Awaitable[Socket]]


@pytest.fixture
async def open_socket(application: Any, key: str) -> AsyncIterator[Open]:
    """`await open_socket("/ws/overview/")`, by default with the project's key."""
    from channels.testing import WebsocketCommunicator

    sockets: list[Socket] = []

    async def connect(
        path: str = "/ws/overview/",
        *,
        bearer: str | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
    ) -> Socket:
        if headers is None:
            headers = [(b"authorization", f"Bearer {bearer or key}".encode())]
        communicator = WebsocketCommunicator(
            application, path, headers=[(b"host", b"localhost"), *headers]
        )
        is_open, _ = await communicator.connect(SECONDS)
        assert is_open
        # Greeted: what comes before that is told by the greeting, not as news.
        async with asyncio.timeout(SECONDS):
            while communicator.output_queue.empty():
                await asyncio.sleep(0.005)
        sockets.append(Socket(communicator))
        return sockets[-1]

    yield connect
    for socket in sockets:
        await socket.close()


@pytest.fixture
def swing(api: Any, application: Any) -> Callable[..., Awaitable[None]]:
    """`await swing("key", 100)`: reports that cross a threshold 100 times."""

    async def send(session: str, times: int) -> None:
        for start in range(0, times, 1_000):
            batch = [
                {
                    "session": session,
                    "tokens": {"history": FULL if n % 2 == 0 else EMPTY},
                }
                for n in range(start, min(times, start + 1_000))
            ]
            response = await api.post("/usage", batch)
            assert response.json()["accepted"] == len(batch)

    return send
