"""What happens on the way: pieces, packing, pauses, odd methods, and a break-off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import brotli
import httpx
import pytest
import zstandard
from aiohttp import web

from tests.gateway.bodies import anthropic
from tests.gateway.fake_upstream import FakeUpstream

PATH = "/gateway/anthropic/v1/messages"
USAGE = {"input_tokens": 900, "output_tokens": 7}
START = {"type": "message_start", "message": {"id": "msg_1", "model": "claude-x",
         "usage": USAGE}}  # fmt: skip
LONG = {"type": "content_block_delta", "delta": {"text": "usage " * 200_000}}
END = {"type": "message_delta", "usage": {"output_tokens": 21}}
SHORT = [START, END]
CRLF = "\r\n"


def stream_of(events: list[Any], line: str = "\n") -> bytes:
    parts = [f"event: {e['type']}{line}data: {json.dumps(e)}{line * 2}" for e in events]
    return "".join(parts).encode()


def in_pieces(body: bytes, size: int, **headers: str) -> Any:
    """An upstream that sends so many bytes at a time, each after the loop's turn."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", **headers}
        )
        await response.prepare(request)
        for start in range(0, len(body), size):
            await response.write(body[start : start + size])
            await asyncio.sleep(0)
        await response.write_eof()
        return response

    return answer


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (stream_of(SHORT), 1),
        (stream_of(SHORT, CRLF), 1),
        (stream_of([START, LONG, END]), 60_000),
    ],
    ids=["each byte", "each byte of CRLF", "a line of 1 MB"],
)
async def test_a_stream_in_pieces_arrives_and_is_measured(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    stored: Any,
    body: bytes,
    size: int,
) -> None:
    upstream.next_answers = [in_pieces(body, size)]

    answer = await client.post(PATH, json=anthropic())

    assert answer.content == body
    (sample,) = await stored()
    assert (sample.used_tokens, sample.output_tokens) == (900, 21)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
async def test_a_packed_stream_passes_packed_and_is_measured(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    stored: Any,
    encoding: str,
    pack: Any,
) -> None:
    packed = pack(stream_of(SHORT))
    upstream.next_answers = [in_pieces(packed, 7, **{"Content-Encoding": encoding})]

    async with client.stream("POST", PATH, json=anthropic()) as answer:
        came = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert (came, answer.headers["content-encoding"]) == (packed, encoding)
    assert [sample.output_tokens for sample in await stored()] == [21]


async def test_a_stream_that_breaks_off_keeps_what_it_said_and_nothing_is_asked_again(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    has_come = asyncio.Event()

    async def resets(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(stream_of([START]))
        await has_come.wait()
        assert request.transport is not None
        request.transport.abort()
        return response

    upstream.next_answers = [resets]
    async with client.stream("POST", PATH, json=anthropic()) as answer:
        chunks = answer.aiter_raw()
        assert await anext(chunks) == stream_of([START])
        has_come.set()
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(chunks)

    assert len(upstream.asked) == 1
    assert [sample.used_tokens for sample in await stored()] == [900]


async def test_a_limit_passes_with_when_to_try_again(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    said = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}

    async def limited(request: web.Request) -> web.Response:
        return web.json_response(said, status=429, headers={"Retry-After": "17"})

    upstream.next_answers = [limited]
    answer = await client.post(PATH, json=anthropic())

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
    assert answer.json() == said
    assert len(upstream.asked) == 1
    assert await stored() == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
async def test_other_methods_pass(
    client: httpx.AsyncClient, upstream: FakeUpstream, method: str
) -> None:
    answer = await client.request(method, PATH + "/")

    assert answer.status_code == 200
    assert (upstream.last.method, upstream.last.path) == (method, "/v1/messages/")
    assert answer.headers["x-way"] == "other"
    assert answer.headers["content-length"] == "17"
    assert len(answer.content) == (0 if method == "HEAD" else 17)


@pytest.mark.parametrize("path", ["/gateway/anthropic/", "/gateway/anthropic"])
async def test_the_upstreams_own_address_may_be_asked(
    client: httpx.AsyncClient, upstream: FakeUpstream, path: str
) -> None:
    """Claude Code opens its connection with a HEAD of the bare address."""
    answer = await client.head(path)

    assert (answer.status_code, upstream.last.path) == (200, "/")


async def test_a_trailing_slash_is_the_same_call(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    async def whole(request: web.Request) -> web.Response:
        return web.json_response({"id": "msg_1", "model": "claude-x", "usage": USAGE})

    upstream.next_answers = [whole]
    await client.post(PATH + "/", json=anthropic())

    assert upstream.last.path == "/v1/messages/"
    assert len(await stored()) == 1


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(
    address: str, upstream: FakeUpstream, gateway_key: str, stored: Any
) -> None:
    host, body = httpx.URL(address), json.dumps(anthropic()).encode()
    reader, writer = await asyncio.open_connection(host.host, host.port)
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"X-Token-Budget-Key: {gateway_key}",
             f"Content-Length: {len(body)}", "Expect: 100-continue",
             "Connection: close"]  # fmt: skip
    writer.write(CRLF.join([*lines, "", ""]).encode())
    async with asyncio.timeout(60):
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        answer = await reader.read()
    writer.close()

    assert asked.startswith(b"HTTP/1.1 100")
    assert answer.startswith(b"HTTP/1.1 200")
    assert upstream.last.body == body
    assert upstream.last.header("expect") is None
    assert len(await stored()) == 1


async def test_a_reader_that_stops_stops_the_upstream_and_may_go_on(
    address: str, upstream: FakeUpstream, gateway_key: str
) -> None:
    """What nobody reads is not gathered: the upstream waits."""
    piece, pieces = b"x" * 256 * 1024, 160  # 40 MiB
    sent, waits, ended = 0, asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for _ in range(pieces):
            sent += len(piece)
            write = asyncio.ensure_future(response.write(piece))
            if not (await asyncio.wait((write,), timeout=1))[0]:
                waits.set()
            await write
        ended.set()
        await response.write_eof()
        return response

    upstream.next_answers = [answer]
    url = httpx.URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    body = json.dumps(anthropic()).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"X-Token-Budget-Key: {gateway_key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await reader.readuntil(CRLF.encode() * 2)
    async with asyncio.timeout(60):
        either = [asyncio.ensure_future(each.wait()) for each in (waits, ended)]
        _, left = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        has_waited = waits.is_set()
        held = sent
        came = sum([len(part) async for part in _parts(reader)])
    for each in left:
        each.cancel()
    writer.close()

    assert has_waited
    assert held < 25 * 1024 * 1024  # in the buffers of four sockets
    assert came > pieces * len(piece)


async def _parts(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while part := await reader.read(1024 * 1024):
        yield part
