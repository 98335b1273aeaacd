"""One keep-alive connection that asks for pages as a browser with htmx does."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: there was none."""

    status: int
    head: str = ""
    text: str = ""

    def header(self, name: str) -> str:
        for line in self.head.split("\r\n"):
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return ""


class PageClient:
    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, target: str) -> Answer:
        """`target` is the fragment's id; "" asks for what the address alone means."""
        htmx = f"HX-Request: true\r\nHX-Target: {target}\r\n" if target else ""
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Cookie: {self._cookie}\r\n{htmx}\r\n"
        ).encode()
        kept = self._streams is not None
        answer = await self._exchange(request)
        if answer.status == 0 and kept:
            # The server hung up on what was silent for 5 s: a browser tries anew.
            answer = await self._exchange(request)
        return answer

    async def _exchange(self, request: bytes) -> Answer:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            found = Answer(int(head[9:12]), head)
            body = await reader.readexactly(int(found.header("content-length")))
            return Answer(found.status, head, body.decode())
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
        return Answer(0)
