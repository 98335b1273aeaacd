"""Sends a call to its upstream and brings the answer back, byte for byte."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import certifi
from multidict import CIMultiDict
from yarl import URL

from tracker.api.errors import ApiError
from tracker.gateway.upstream.headers import request_headers

CONNECT_SECONDS = 10
CLOSE_SECONDS = 2  # for the upstream's own goodbye
CHUNK = 1024 * 1024  # one write for most bodies
# aiohttp buffers twice as much of an answer when its reader is slow.
READ_BUFFER = 16 * 1024
HEADER_BYTES = 64 * 1024
LAST_STATUS = 599  # the server can send no larger one
_NO_AUTO = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class UpstreamLost(Exception):
    """The upstream broke off in the middle of its answer."""


@dataclass(slots=True)
class Answer:
    """An upstream's answer whose body has not come yet."""

    status: int
    headers: list[tuple[bytes, bytes]]
    _response: aiohttp.ClientResponse = field(repr=False)
    _peeked: bytes = b""

    def header(self, name: bytes) -> str:
        found = (value for key, value in self.headers if key.lower() == name)
        return next(found, b"").decode("latin-1")

    async def chunks(self) -> AsyncIterator[bytes]:
        """As they come. Raises UpstreamLost."""
        if self._peeked:
            yield self._peeked
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamLost(str(error)) from error

    async def peek(self, limit: int) -> bytes:
        """The first `limit` bytes or a few more; `chunks` yields them all the same."""
        try:
            async for chunk in self._response.content.iter_any():
                self._peeked += chunk
                if len(self._peeked) >= limit:
                    break
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamLost(str(error)) from error
        return self._peeked

    def close(self) -> None:
        """Ends the upstream call if it has not ended by itself."""
        self._response.close()


class Relay:
    """One pool of connections per upstream and event loop.

    It follows no redirect, keeps no cookie, adds no header but Host and the length, and
    parses no answer.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[bytes, bytes]],
        body: bytes | AsyncIterator[bytes] | None,
        length: int | None = None,
    ) -> Answer:
        """The answer's head. Raises ApiError 502 where no upstream answers."""
        sent = request_headers(headers)
        if isinstance(body, bytes):
            length = len(body)
        if length is not None:
            sent["Content-Length"] = str(length)
        for is_last in (False, True):
            pooled = SimpleNamespace(is_reused=False)
            data: Any = body
            if isinstance(body, bytes) and len(body) > CHUNK:
                data = _pieces(body)
            try:
                return await self._ask(method, url, sent, data, pooled)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                # The upstream has closed an idle connection just as it was used again:
                # a client of its own would have opened a new one.
                if is_last or not pooled.is_reused or not _may_repeat(body, error):
                    raise _no_answer(error) from error
        raise AssertionError("unreachable")

    async def _ask(
        self,
        method: str,
        url: str,
        headers: CIMultiDict[str],
        data: Any,
        pooled: SimpleNamespace,
    ) -> Answer:
        response = await self._client().request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=data,
            allow_redirects=False,
            skip_auto_headers=_NO_AUTO,
            trace_request_ctx=pooled,
        )
        if response.status > LAST_STATUS:
            response.close()
            raise ApiError(502, "upstream", f"the upstream's status: {response.status}")
        return Answer(response.status, list(response.raw_headers), response)

    async def open_socket(
        self,
        url: str,
        headers: Iterable[tuple[bytes, bytes]],
        protocols: Sequence[str],
        limit: int,
    ) -> aiohttp.ClientWebSocketResponse:
        """A websocket whose messages have at most `limit` bytes.

        Raises ApiError with the upstream's status where it opens none, and 502 where
        it does not answer.
        """
        try:
            return await self._client().ws_connect(
                URL(url, encoded=True),
                headers=request_headers(headers),
                protocols=protocols,
                max_msg_size=limit,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )
        except aiohttp.WSServerHandshakeError as error:
            status = error.status if error.status >= 400 else 502
            raise ApiError(
                status, "upstream", f"the upstream opened no socket: {error.status}"
            ) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _no_answer(error) from error

    def _client(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop or self._session.closed:
            self._loop = loop
            self._session = _new_session()
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()


def _new_session() -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=60,
            ssl=_certificates(),
        ),
        # An answer may take minutes before its first byte, and between two.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        read_bufsize=READ_BUFFER,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
        trace_configs=[trace],
    )


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The system's, where a company adds its own, and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def _note_reuse(_: object, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:  # a socket's handshake has none
        context.trace_request_ctx.is_reused = True


def _may_repeat(body: object, error: Exception) -> bool:
    is_whole = body is None or isinstance(body, bytes)
    return is_whole and isinstance(
        error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError
    )


def _no_answer(error: Exception) -> ApiError:
    # Other errors' texts name host and port alone; this one names the whole address, in
    # whose query Gemini's clients put their key.
    said = "no HTTP" if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return ApiError(502, "upstream", f"the upstream did not answer: {said}"[:300])


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    view = memoryview(body)
    for start in range(0, len(body), CHUNK):
        yield bytes(view[start : start + CHUNK])


relay = Relay()
