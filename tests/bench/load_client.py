"""Sends reports over keep-alive connections, as its own process.

`python -m tests.bench.load_client '{"port": …}'` prints one JSON object. Raw asyncio
protocols: an HTTP library would cost more than the server it measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

from tests.bench.otlp_spans import CONTENT_TYPE, Spans
from tests.bench.server import ROOT


@dataclass(frozen=True, slots=True)
class Load:
    """`batch` reports a request (1: singles); `rate` requests a second, 0: all one
    can; ends after `seconds`, or after `requests` when that is not 0.
    """

    port: int
    key: str = ""
    path: str = "/api/v1/usage"
    batch: int = 1
    connections: int = 32
    sessions: int = 1_000
    seconds: float = 4.0
    requests: int = 0
    rate: float = 0.0
    is_marked: bool = False  # the title says when it was sent
    is_otlp: bool = False  # spans in protobuf instead of reports in JSON


@dataclass(slots=True)
class Tally:
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    sent: int = 0
    sample: str = ""


def run_load(load: Load) -> dict[str, Any]:
    """Run it in another process. RuntimeError if anything but 2xx was answered."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load_client", json.dumps(asdict(load))],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    result: dict[str, Any] = json.loads(done.stdout)
    if set(result["statuses"]) - {"200", "201"}:
        raise RuntimeError(f"{result['statuses']} {result['sample']}")
    return result


class Bodies:
    """Reports with random event ids, their sessions growing towards the limit."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._random = random.Random(7)
        self._used = [20_000] * load.sessions

    def next(self) -> bytes:
        if self._load.batch == 1:
            return self._report()
        return b"[" + b",".join(self._report() for _ in range(self._load.batch)) + b"]"

    def _report(self) -> bytes:
        number = self._random.randrange(self._load.sessions)
        used = self._used[number] = self._used[number] + 2_000
        if used > 190_000:
            self._used[number] = 20_000
        title = b'"title":"sent %.6f",' % time.time() if self._load.is_marked else b""
        return (
            b'{"session":"chat-%d",%s"event_id":"%s","model":"my-model",'
            b'"message_count":%d,"tokens":{"system":2000,"history":%d,'
            b'"user_context":3000,"tools":900},"metadata":{"team":"search"}}'
        ) % (number, title, os.urandom(16).hex().encode(), used // 10_000, used)


class Connection(asyncio.Protocol):
    def __init__(self, run: Run) -> None:
        self._run = run
        self._buffer = b""
        self._sent_at = 0.0
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def send(self, body: bytes, due: float | None = None) -> None:
        self._sent_at = due or time.perf_counter()
        self.transport.write(self._run.head % len(body) + body)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(rest) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        answer, self._buffer = self._buffer, b""
        self._run.answered(self, answer, time.perf_counter() - self._sent_at)

    def connection_lost(self, error: Exception | None) -> None:
        self._run.lost()


class Run:
    def __init__(self, load: Load) -> None:
        self.load = load
        self.tally = Tally()
        self.bodies = (
            Spans(batch=load.batch, sessions=load.sessions)
            if load.is_otlp
            else Bodies(load)
        )
        kind = CONTENT_TYPE if load.is_otlp else "application/json"
        self.head = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\n"
            f"Authorization: Bearer {load.key}\r\nContent-Type: {kind}\r\n"
            "Content-Length: "
        ).encode() + b"%d\r\n\r\n"
        self._idle: list[Connection] = []
        self._late: list[float] = []
        self._done = asyncio.get_running_loop().create_future()
        self._busy = 0
        self._until = 0.0

    async def __call__(self) -> dict[str, Any]:
        loop, load = asyncio.get_running_loop(), self.load
        for _ in range(load.connections):
            _, made = await loop.create_connection(
                lambda: Connection(self), "127.0.0.1", load.port
            )
            self._idle.append(made)
        start = time.perf_counter()
        self._until = start + (load.seconds if not load.requests else 1e9)
        if load.rate:
            await self._paced(start)
        else:
            everyone, self._idle = self._idle, []
            for connection in everyone:
                self._next(connection)
        await self._done
        return self._result(time.perf_counter() - start)

    async def _paced(self, start: float) -> None:
        """Open loop: a late answer does not delay the next request's due time."""
        for number in range(int(self.load.rate * self.load.seconds)):
            due = start + number / self.load.rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if self._idle:
                self._busy += 1
                # The one that rested longest: servers hang up after five seconds.
                self._idle.pop(0).send(self.bodies.next(), due)
            else:
                self._late.append(due)
        self._until = 0.0
        if not self._busy and not self._done.done():
            self._done.set_result(None)

    def _next(self, connection: Connection) -> None:
        limit = self.load.requests
        if time.perf_counter() >= self._until or (limit and self.tally.sent >= limit):
            if not self._busy and not self._done.done():
                self._done.set_result(None)
            return
        self._busy += 1
        self.tally.sent += 1
        connection.send(self.bodies.next())

    def answered(self, connection: Connection, answer: bytes, seconds: float) -> None:
        self._busy -= 1
        status = int(answer[9:12])
        self.tally.statuses[status] = self.tally.statuses.get(status, 0) + 1
        self.tally.latencies.append(seconds)
        if status >= 300 and not self.tally.sample:
            self.tally.sample = answer[:600].decode()
        if not self.load.rate:
            self._next(connection)
        elif self._late:
            self._busy += 1
            connection.send(self.bodies.next(), self._late.pop(0))
        else:
            self._idle.append(connection)
            if self._until == 0.0 and not self._busy and not self._done.done():
                self._done.set_result(None)

    def lost(self) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server hung up"))

    def _result(self, seconds: float) -> dict[str, Any]:
        ordered = sorted(self.tally.latencies)

        def at(share: float) -> float:
            return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3

        return {
            "rate": len(ordered) / seconds,
            "reports": len(ordered) * self.load.batch / seconds,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1),
            "statuses": self.tally.statuses,
            "sample": self.tally.sample,
        }


async def _main(load: Load) -> None:
    print(json.dumps(await Run(load)()))


if __name__ == "__main__":
    uvloop.run(_main(Load(**json.loads(sys.argv[1]))))
