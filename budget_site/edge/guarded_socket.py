"""Websockets as uvicorn serves them, with small messages before a key is checked."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from budget_site.edge.counted import Counted


class GuardedSocket(WebSocketsSansIOProtocol, Counted):
    """A websocket, counted like any connection of its address.

    Its messages have at most 64 KiB until the application has checked a key and takes
    larger ones: `scope["state"]["frame_bytes"]`.
    """

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            larger = self.scope["state"].get("frame_bytes")
            if larger is not None:
                self.conn.max_message_size = larger
        await super().send(message)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.enter(transport)  # there is room: its HTTP connection has just left
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        super().connection_lost(exc)
