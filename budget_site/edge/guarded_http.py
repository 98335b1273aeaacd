"""HTTP connections as uvicorn serves them, with limits before anybody is known.

Without them a stranger needs no key to hold memory (a request's head is kept until it
ends, ten times as large as it was sent) or files (a connection that sends nothing
stays open for ever).
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import httptools
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from budget_site.edge.connections import refusals
from budget_site.edge.counted import Counted, peer
from budget_site.edge.file_limit import file_limit
from budget_site.edge.strangers import strangers

HEAD_BYTES = 64 * 1024  # of one request: its first line and its headers
HEADERS = 200  # of one request; each takes more memory than it has bytes
LARGE_HEAD = f"a head of more than {HEAD_BYTES // 1024} KiB or {HEADERS} headers"
PIPELINED = 16  # requests that wait for the answer to the one before them
SPARE_FILES = 128  # for the database, logs and workers
BYTES_PER_SECOND = 16 * 1024  # a body that comes as fast as this is not cut off
IDLE, HEAD, BODY = "idle", "head", "body"


class GuardedHttp(HttpToolsProtocol, Counted):
    """One connection. Guarantees that a caller holds no more than a head of 64 KiB,
    beside the 256 KiB that are read at once, and none of it for ever.

    - A head ends within HEAD_SECONDS, else 408; a larger one gets 431.
    - A body ends within BODY_SECONDS, or goes on coming at 16 KiB a second, else 408.
      While the server itself does not read, no time is counted.
    - A connection whose caller takes nothing of its answer for BODY_SECONDS is closed.
    - An address has at most CONNECTIONS_PER_ADDRESS connections, else 429.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stage = HEAD
        self._began = self._ended = False  # a request, in what is read now
        self._read_bytes = self._head_bytes = self._body_bytes = self._credit = 0
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._is_large = self._is_refused = False
        problem = self.enter(transport)
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn's own
        if problem:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, problem)
        elif len(self.connections) > file_limit() - SPARE_FILES:
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE, "all files are in use (see ulimit -n)"
            )
        else:
            self._start(settings.HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        if self._stranger and (self._is_refused or self._stage != IDLE):
            strangers.wasted(self._stranger)
        self.resume_writing()
        self.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        was_idle, self._began, self._ended = self._stage == IDLE, False, False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            return  # another protocol than websocket: answered as plain HTTP
        except httptools.HttpParserError:
            if self._is_large:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, LARGE_HEAD)
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, "it does not speak HTTP")
            return
        if self._stage == HEAD and not self._ended:
            self._read_bytes += len(data)
            if self._read_bytes > HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, LARGE_HEAD)
        if self._timer is None and not self._is_refused:
            self._limit_wait(was_idle)

    def _limit_wait(self, was_idle: bool) -> None:
        if self._stage == BODY:
            self._start(settings.BODY_SECONDS)
        elif self._stage == HEAD or (was_idle and not self._began):
            # Empty lines from an idle caller stop uvicorn's keep-alive timer but begin
            # no request. Without a timer of our own the connection would stay for ever.
            self._start(settings.HEAD_SECONDS)

    def on_message_begin(self) -> None:
        self._stage, self._began = HEAD, True
        self._read_bytes = self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._measure()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._measure(len(name) + len(value) + 4)

    def _measure(self, header: int = 0) -> None:
        """Refuse a large head of which all was read at once, with what follows it."""
        self._head_bytes += header
        if len(self.url) + self._head_bytes > HEAD_BYTES or len(self.headers) > HEADERS:
            self._is_large = True
            raise ValueError(LARGE_HEAD)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINED:
            raise ValueError("more requests than answers")
        self._stop()
        self._stage, self._body_bytes, self._credit = BODY, 0, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._credit += len(body)
        super().on_body(body)
        if self.cycle is None or not self.cycle.response_complete:
            return
        if self._body_bytes > settings.GATEWAY_BODY_BYTES and not self._is_refused:
            # It was answered (401, 413) but still sends: without this it could send,
            # for ever, bytes that are thrown away.
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "its body does not end")

    def on_message_complete(self) -> None:
        self._stop()
        self._stage, self._ended = IDLE, True
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop()
        self._stage = IDLE
        self.leave()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(settings.BODY_SECONDS, self._abort)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _abort(self) -> None:
        refusals.note("it does not take its answer", peer(self.transport))
        self.transport.abort()

    def _start(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._expire)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if self._stage != BODY:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "its head took too long")
        elif self.flow.read_paused:
            self._start(settings.BODY_SECONDS)
        elif self._credit >= BYTES_PER_SECOND:
            seconds, self._credit = self._credit / BYTES_PER_SECOND, 0
            self._start(seconds)
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "its body took too long")

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Close, and say why unless an answer has begun."""
        self._is_refused = True
        self._stop()
        if self.transport.is_closing():
            return
        refusals.note(reason, peer(self.transport))
        cycle = self.cycle
        is_free = cycle is None or cycle.response_complete
        if cycle is not None and not cycle.response_complete:
            is_free = not cycle.response_started and not self.pipeline
            cycle.disconnected = True  # wakes the view that reads this body
            cycle.message_event.set()
        if is_free:
            self.transport.write(_answer(status, reason))
        self.transport.close()


def _answer(status: HTTPStatus, reason: str) -> bytes:
    body = f"{status.phrase}: {reason}.\n"
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "content-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}"
    ).encode()
