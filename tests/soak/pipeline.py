"""HTTP/1.1 over kept connections, several requests sent before the first answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httptools

DEPTH = 12  # requests on their way; a guarded server closes at 16 that wait
SECONDS = 600.0  # for one answer, on a machine that has much else to do


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, and what it is called where its answer is noted."""

    name: str
    data: bytes


Noted = Callable[[str, int, bytes], None]  # name, status, the first bytes of the body


def request(
    method: str,
    path: str,
    key: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    lines.append(f"authorization: Bearer {key}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method == "POST":
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body


class Pipeline(asyncio.Protocol):
    """One connection. Guarantees that each answer is noted under the name of its own
    request: HTTP answers in the order of asking.
    """

    def __init__(self, note: Noted) -> None:
        self._note = note
        self._waiting: deque[Sent] = deque()
        self._room = asyncio.Event()
        self._room.set()
        self._body = b""
        self.is_lost = False

    @classmethod
    async def connect(cls, port: int, note: Noted) -> Pipeline:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: cls(note), "127.0.0.1", port)
        return made

    @property
    def unanswered(self) -> list[Sent]:
        return list(self._waiting)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._parser = httptools.HttpResponseParser(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._room.set()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_body(self, body: bytes) -> None:
        if len(self._body) < 500:
            self._body += body[:500]

    def on_message_complete(self) -> None:
        sent = self._waiting.popleft()
        self._note(sent.name, self._parser.get_status_code(), self._body)
        self._room.set()

    async def send_all(self, requests: Iterator[Sent], *, depth: int = DEPTH) -> None:
        """Until there are no more, or the other side closes. What it took then without
        an answer is `unanswered`. TimeoutError where an answer does not come.
        """
        for sent in requests:
            self._waiting.append(sent)
            self.transport.write(sent.data)
            await self._until_fewer_than(depth)
            if self.is_lost:
                return
        await self._until_fewer_than(1)

    async def _until_fewer_than(self, number: int) -> None:
        async with asyncio.timeout(SECONDS):
            while len(self._waiting) >= number and not self.is_lost:
                self._room.clear()
                await self._room.wait()

    def close(self) -> None:
        self.transport.close()
