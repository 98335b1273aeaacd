"""Open overview sockets in another process: they read, and say what they saw.

`python -m tests.bench.watching '{"port": …}'` prints when all are open, and at a line
on its stdin one JSON object: per socket frames, and the latencies of marked reports.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import uvloop

from tests.bench.server import ROOT, Server

# Reports of the live bench carry the time they were sent in their title.
MARK = b'"title":"sent '


class Socket(asyncio.Protocol):
    """A websocket client that answers no pings and parses only frame heads."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._buffer = bytearray()
        self._is_open = False
        self.frames = 0

    def connection_made(self, transport: Any) -> None:
        transport.write(self._watch.handshake)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise RuntimeError(head.decode())
            self._is_open, self._buffer = True, bytearray(rest)
            if not self._watch.greetings:
                self._watch.opened()
        self._read_frames()

    def _read_frames(self) -> None:
        buffer = self._buffer
        while len(buffer) >= 2:
            size, head = buffer[1] & 127, 2
            if size == 126:
                size, head = int.from_bytes(buffer[2:4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(buffer[2:10], "big"), 10
            if len(buffer) < head + size:
                return
            self.frames += 1
            if self.frames == self._watch.greetings:
                self._watch.opened()
            if self.frames > self._watch.greetings:
                self._watch.saw(buffer, head, size)
            del buffer[: head + size]

    def connection_lost(self, error: Exception | None) -> None:
        self._watch.closed += 1


class Watch:
    def __init__(self, port: int, key: str, sockets: int, greetings: int) -> None:
        self.handshake = (
            f"GET /ws/overview/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {key}\r\n\r\n"
        ).encode()
        self._missing = sockets
        self.greetings = greetings
        self._ready = asyncio.Event()
        self._latencies: list[float] = []
        self._known: dict[tuple[int, bytes], list[float]] = {}
        self._messages = 0
        self.closed = 0
        self._port, self._sockets = port, sockets

    def opened(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._ready.set()

    def saw(self, buffer: bytearray, head: int, size: int) -> None:
        """All sockets get the same bytes: the marks are looked for once."""
        now = time.time()
        key = (size, bytes(buffer[head + max(0, size - 400) : head + size]))
        marks = self._known.get(key)
        if marks is None:
            if len(self._known) > 100:
                self._known.clear()
            parts = bytes(buffer[head : head + size]).split(MARK)[1:]
            marks = self._known[key] = [float(p.split(b'"', 1)[0]) for p in parts]
        self._messages += len(marks)
        if marks:
            # The oldest of a tick waited longest.
            self._latencies.append(now - min(marks))

    async def __call__(self) -> None:
        loop = asyncio.get_running_loop()
        open_ = []
        for number in range(self._sockets):
            _, socket = await loop.create_connection(
                lambda: Socket(self), "127.0.0.1", self._port
            )
            open_.append(socket)
            if number % 50 == 49:
                await asyncio.sleep(0.05)
        async with asyncio.timeout(120):
            await self._ready.wait()
        print("open", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        frames = [socket.frames for socket in open_]
        print(json.dumps(self._result(frames)), flush=True)

    def _result(self, frames: list[int]) -> dict[str, Any]:
        ordered = sorted(self._latencies) or [0.0]
        return {
            "frames": sum(frames),
            "fewest": min(frames),
            "closed": self.closed,
            "messages": self._messages,
            "seen": len(self._latencies),
            "p50_ms": ordered[len(ordered) // 2] * 1e3,
            "p99_ms": ordered[int(len(ordered) * 0.99)] * 1e3,
        }


class Watching:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.result: dict[str, Any] = {}

    def finish(self) -> dict[str, Any]:
        """End the sockets; answers what they saw."""
        assert self._process.stdin and self._process.stdout
        if not self.result:
            self._process.stdin.write("end\n")
            self._process.stdin.flush()
            self.result = json.loads(self._process.stdout.readline())
        return self.result


@contextlib.contextmanager
def watched(
    server: Server, key: str, *, sockets: int, greetings: int = 1
) -> Iterator[Watching]:
    """`sockets` open on the overview until the block ends; each counts as open once
    it was sent as many `greetings`.
    """
    spec = json.dumps(
        {
            "port": server.port,
            "key": key,
            "sockets": sockets,
            "greetings": greetings,
        }
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.watching", spec],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        if process.stdout.readline().strip() != "open":
            raise RuntimeError("the sockets did not open")
        yield Watching(process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    uvloop.run(Watch(**json.loads(sys.argv[1]))())
