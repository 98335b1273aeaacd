"""A server on loopback with the guards of ours, before an application of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from budget_site.edge.guarded_http import GuardedHttp
from budget_site.edge.guarded_socket import GuardedSocket


class Wire:
    """One raw connection to the server."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        async with asyncio.timeout(60):
            head = await self.reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return int(head.split()[1]), await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        """All that still comes until the server closes."""
        async with asyncio.timeout(60):
            try:
                return await self.reader.read()
            except ConnectionError:  # it closed with something unread
                return b""


class Guarded:
    def __init__(self, port: int) -> None:
        self.port = port
        self._wires: list[Wire] = []

    async def connect(self) -> Wire:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port))
        self._wires.append(wire)
        return wire

    async def close(self) -> None:
        for wire in self._wires:
            wire.writer.transport.abort()


@asynccontextmanager
async def guarded(app: Callable[..., Any]) -> AsyncIterator[Guarded]:
    config = uvicorn.Config(
        app,
        http=GuardedHttp,
        ws=GuardedSocket,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: GuardedHttp(config, state, {}, loop), "127.0.0.1", 0
    )
    made = Guarded(server.sockets[0].getsockname()[1])
    try:
        yield made
    finally:
        await made.close()
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        async with asyncio.timeout(60):
            while state.tasks or state.connections:
                await asyncio.sleep(0)
