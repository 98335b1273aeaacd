"""The text frames of one websocket, as the server sends them: unmasked and whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

MOST = 64 * 2**20


async def read_frames(port: int, path: str, headers: str) -> AsyncIterator[bytes]:
    """Ends when the server closes. RuntimeError where it is no websocket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MOST)
    writer.write(
        (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Version: 13\r\n{headers}\r\n"
        ).encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(head.decode())
    try:
        while True:
            kind, size = await reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await reader.readexactly(8), "big")
            content = await reader.readexactly(size)
            if kind & 15 == 8:
                return
            if kind & 15 == 9:  # ping: an empty mask leaves the bytes as they are
                writer.write(bytes((0x8A, 0x80 | size)) + bytes(4) + content)
            elif kind & 15 == 1:
                yield content
    except asyncio.IncompleteReadError:
        return
