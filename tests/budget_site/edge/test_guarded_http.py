"""What a caller may take of the server before anybody knows who it is. Every test
speaks through a raw socket of this machine.
"""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from budget_site.edge import guarded_http
from budget_site.edge.connections import Refusals, connections
from budget_site.edge.guarded_http import HEAD_BYTES, HEADERS, PIPELINED, GuardedHttp
from budget_site.edge.proxies import Proxies
from budget_site.edge.strangers import Strangers
from tests.budget_site.edge.guarded_server import Guarded, guarded

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


class App:
    """Answers with how much it received; waits before it reads while `go` is unset."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.go.set()
        self.asked = 0
        self.is_gone = asyncio.Event()
        self.answer: bytes | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            return
        self.asked += 1
        await self.go.wait()
        size = 0
        while scope["path"] != "/early":
            message = await receive()
            if message["type"] == "http.disconnect":
                self.is_gone.set()
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        body = str(size).encode() if self.answer is None else self.answer
        length = str(len(body)).encode()
        head = {"status": 200, "headers": [(b"content-length", length)]}
        await send({"type": "http.response.start", **head})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture(autouse=True)
def limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HEAD_SECONDS = settings.BODY_SECONDS = 30
    monkeypatch.setattr(guarded_http, "refusals", Refusals())
    monkeypatch.setattr(guarded_http, "strangers", Strangers())


@pytest.fixture
async def server(app: App) -> AsyncIterator[Guarded]:
    async with guarded(app) as made:
        yield made
    assert connections.of("127.0.0.1") == 0


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a limit of time has ended somewhere."""
    seen = asyncio.Event()
    real = GuardedHttp._expire

    def expire(self: GuardedHttp) -> None:
        real(self)
        seen.set()

    monkeypatch.setattr(GuardedHttp, "_expire", expire)
    return seen


async def test_honest_requests_are_served_one_after_another(server: Guarded) -> None:
    wire = await server.connect()

    for size in (0, 5, 100_000):
        await wire.send(POST % size + b"x" * size)
        assert await wire.answer() == (200, str(size).encode())


async def test_a_head_without_end_is_refused_and_held_by_nobody(
    server: Guarded, app: App
) -> None:
    wire = await server.connect()
    await wire.send(b"GET / HTTP/1.1\r\nx: ")
    tracemalloc.start()

    with pytest.raises(ConnectionError):
        for _ in range(400):  # 25 MiB in all
            await wire.send(b"a" * HEAD_BYTES)
            await asyncio.sleep(0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * 1024 * 1024
    assert app.asked == 0


async def test_a_head_a_little_too_large_is_told_so(server: Guarded, app: App) -> None:
    whole, part = await server.connect(), await server.connect()

    await whole.send(GET[:-2] + b"x: " + b"a" * HEAD_BYTES + b"\r\n\r\n")
    await part.send(GET[:-2])
    await part.send(b"x: " + b"a" * HEAD_BYTES)

    for wire in (whole, part):
        status, text = await wire.answer()
        assert (status, b"64 KiB" in text) == (431, True)
        assert await wire.rest() == b""
    assert app.asked == 0


async def test_a_head_of_many_small_headers_is_refused(server: Guarded) -> None:
    few, many = await server.connect(), await server.connect()

    await few.send(GET[:-2] + b"a:\r\n" * (HEADERS - 1) + b"\r\n")
    await many.send(GET[:-2] + b"a:\r\n" * HEADERS + b"\r\n")

    assert (await few.answer())[0] == 200
    assert (await many.answer())[0] == 431


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", GET[:-2], b"\r\n"])
async def test_a_head_that_does_not_end_in_time_ends_the_connection(
    server: Guarded, settings: Any, sent: bytes
) -> None:
    settings.HEAD_SECONDS = 0.05
    wire = await server.connect()

    await wire.send(sent)

    assert (await wire.answer())[0] == 408
    assert await wire.rest() == b""


async def test_empty_lines_between_requests_do_not_keep_a_connection(
    server: Guarded, settings: Any
) -> None:
    settings.HEAD_SECONDS = 0.05
    wire = await server.connect()
    await wire.send(GET)
    await wire.answer()

    await wire.send(b"\r\n")

    assert (await wire.answer())[0] == 408


async def test_a_body_that_does_not_end_in_time_is_dropped_and_its_reader_told(
    server: Guarded, settings: Any, app: App
) -> None:
    settings.BODY_SECONDS = 0.05
    wire = await server.connect()

    await wire.send(POST % 1000 + b"x" * 999)

    assert (await wire.answer())[0] == 408
    assert await wire.rest() == b""
    async with asyncio.timeout(60):
        await app.is_gone.wait()


async def test_a_large_body_that_keeps_coming_is_taken(
    server: Guarded, settings: Any, expired: asyncio.Event
) -> None:
    settings.BODY_SECONDS = 0.05
    wire = await server.connect()

    await wire.send(POST % 60_000 + b"x" * 50_000)
    async with asyncio.timeout(60):
        await expired.wait()
    await wire.send(b"x" * 10_000)

    assert await wire.answer() == (200, b"60000")


async def test_while_the_server_does_not_read_no_time_is_counted(
    server: Guarded,
    settings: Any,
    app: App,
    expired: asyncio.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guarded_http, "BYTES_PER_SECOND", 10**9)
    settings.BODY_SECONDS = 0.05
    app.go.clear()
    wire = await server.connect()

    await wire.send(POST % 200_000 + b"x" * 199_999)
    async with asyncio.timeout(60):
        await expired.wait()
    app.go.set()
    await wire.send(b"x")

    assert await wire.answer() == (200, b"200000")


async def test_an_address_has_only_so_many_connections(
    server: Guarded, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CONNECTIONS_PER_ADDRESS = 2
    first, second = await server.connect(), await server.connect()
    for wire in (first, second):
        await wire.send(GET)
        assert (await wire.answer())[0] == 200

    with caplog.at_level(logging.WARNING, "tracker.refusals"):
        for _ in range(3):
            status, text = await (await server.connect()).answer()
            assert (status, b"2 connections already" in text) == (429, True)
    first.writer.close()
    async with asyncio.timeout(60):
        while connections.of("127.0.0.1") == 2:
            await asyncio.sleep(0)
    again = await server.connect()
    await again.send(GET)

    assert (await again.answer())[0] == 200
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("Refused a connection of 127.0.0.1: its address has 2")


async def test_a_configured_proxy_may_have_any_number(
    server: Guarded, settings: Any
) -> None:
    settings.CONNECTIONS_PER_ADDRESS = 1
    settings.PROXIES = Proxies("", ["127.0.0.0/8"])

    for _ in range(3):
        wire = await server.connect()
        await wire.send(GET)
        assert (await wire.answer())[0] == 200


async def test_an_open_websocket_counts_until_it_closes(
    server: Guarded, settings: Any
) -> None:
    settings.CONNECTIONS_PER_ADDRESS = 1

    async with websockets.connect(f"ws://127.0.0.1:{server.port}/"):
        assert (await (await server.connect()).answer())[0] == 429
    async with asyncio.timeout(60):
        while connections.of("127.0.0.1"):
            await asyncio.sleep(0)
    wire = await server.connect()
    await wire.send(GET)

    assert (await wire.answer())[0] == 200


async def test_a_server_out_of_files_says_so(
    server: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        guarded_http, "file_limit", lambda: guarded_http.SPARE_FILES + 1
    )
    first = await server.connect()
    await first.send(GET)
    assert (await first.answer())[0] == 200

    status, text = await (await server.connect()).answer()

    assert (status, b"ulimit" in text) == (503, True)


async def test_a_body_that_was_refused_may_not_go_on_for_ever(
    server: Guarded, settings: Any
) -> None:
    settings.GATEWAY_BODY_BYTES = 100_000
    wire = await server.connect()
    await wire.send(b"POST /early HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
    assert (await wire.answer())[0] == 200

    with pytest.raises(ConnectionError):
        for _ in range(1_000):
            await wire.send(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
            await asyncio.sleep(0)


async def test_only_what_ends_within_a_request_is_wasted(
    server: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    wasted: list[str] = []
    monkeypatch.setattr(guarded_http.strangers, "wasted", wasted.append)
    good = await server.connect()
    for _ in range(3):
        await good.send(GET)
        await good.answer()
    good.writer.close()
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/"):
        pass
    async with asyncio.timeout(60):
        while connections.of("127.0.0.1"):
            await asyncio.sleep(0)
    assert wasted == []

    for sent in (b"", b"GET / HT", POST % 100 + b"x", b"\x16\x03"):
        wire = await server.connect()
        await wire.send(sent)
        wire.writer.close()
    async with asyncio.timeout(60):
        while len(wasted) < 4:
            await asyncio.sleep(0)

    assert wasted == ["127.0.0.1"] * 4


async def test_a_thousand_requests_at_once_are_not_held(
    server: Guarded, app: App
) -> None:
    app.go.clear()
    wire = await server.connect()

    await wire.send(GET * 1_000)

    assert await wire.rest() == b""
    assert app.asked == 1
    assert PIPELINED < 1_000


async def test_an_answer_that_nobody_takes_ends_with_its_connection(
    server: Guarded, settings: Any, app: App
) -> None:
    settings.BODY_SECONDS = 0.05
    app.answer = b"x" * 50_000_000
    wire = await server.connect()
    wire.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own

    await wire.send(GET)
    async with asyncio.timeout(60):
        while not app.asked or connections.of("127.0.0.1"):
            await asyncio.sleep(0)


async def test_what_is_no_http_is_told_so_and_logged_once(
    server: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            wire = await server.connect()
            await wire.send(b"\x16\x03\x01\x02\x00")
            assert (await wire.answer())[0] == 400

    assert len(caplog.records) == 1


async def test_an_upgrade_to_anything_else_is_answered_without_it(
    server: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await server.connect()

    await wire.send(GET[:-2] + b"connection: upgrade\r\nupgrade: h2c\r\n\r\n")

    assert (await wire.answer())[0] == 200
    assert not caplog.records
