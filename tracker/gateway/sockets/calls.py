"""The model calls of one socket: each `response.create` and what answers it."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from tracker.api.intake.http import Headers
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.dialects.relayed_items import RESPONSES
from tracker.gateway.cuts import outgoing
from tracker.gateway.measures import measures
from tracker.gateway.request.address import Provider
from tracker.gateway.request.body import read_body
from tracker.gateway.turn.recording import begin, finish
from tracker.gateway.turn.stopping import socket_refusal, status_of, stopped, stops
from tracker.gateway.turn.turn import Turn
from tracker.gateway.upstream.answers import AnswerReader
from tracker.models import GatewayCall

CREATE = "response.create"
_DONE = ("response.completed", "response.incomplete")
_ENDS = (*_DONE, "response.failed", "error")
FAILED = 500  # where the event says no status
MOST_OPEN = 32  # calls without an answer; further ones pass and are not measured
logger = logging.getLogger(__name__)


class _Event(Struct):
    type: str = ""
    status: int | None = None


_event = msgspec.json.Decoder(_Event)


@dataclass(slots=True)
class _Call:
    turn: Turn
    row: GatewayCall
    reader: AnswerReader
    asked_at: float


class Calls:
    """Measures them as they pass. Never raises, and changes nothing.

    The provider answers one call after the other, so an answer is the oldest open
    call's. From a call on that cannot be measured none is, until each has its answer:
    else the answer of that call would be booked on the next one.
    """

    def __init__(
        self,
        path: str,
        headers: Headers,
        grant: KeyGrant,
        provider: Provider,
        policies: PolicyBook,
    ) -> None:
        self._path, self._headers = path, headers
        self._grant, self._provider, self._policies = grant, provider, policies
        self._open: deque[_Call] = deque()
        self._unmeasured = 0  # behind those

    def allow(self, grant: KeyGrant, policies: PolicyBook) -> None:
        """What counts from the next call on."""
        self._grant, self._policies = grant, policies

    async def asked(self, text: str) -> str:
        """A frame of the client, before it is passed on; or what to answer instead."""
        started = time.perf_counter()
        try:
            if CREATE not in text or _event.decode(text).type != CREATE:
                return ""
        except (msgspec.MsgspecError, RecursionError):
            return ""  # no call that the provider understands
        if self._unmeasured or len(self._open) >= MOST_OPEN:
            self._unmeasured += 1
            return ""
        try:
            return await self._begin(text.encode(), started)
        except Exception as error:  # noqa: BLE001  # the call goes on, whatever it is
            self._unmeasured += 1
            logger.info("A call over a socket was not measured: %s", error)
            return ""

    async def _begin(self, body: bytes, started: float) -> str:
        read = read_body(RESPONSES, self._path, body, {})
        turn = Turn(
            self._grant, self._provider, self._policies, self._headers, read, body
        )
        turn.judge(outgoing(read, None))
        stop = await stops.of(turn)
        if stop is None:
            turn.compose()
        turn.let_go()
        now = time.perf_counter()
        row = begin(turn, self._provider.name, added_seconds=now - started)
        reader = AnswerReader("text/event-stream", "")
        call = _Call(turn, row, reader, now)
        if stop is not None:
            stopped(turn, stop, row)
            self._close(call, status_of(turn))
            return socket_refusal(turn, stop)
        self._open.append(call)
        return ""

    def answered(self, text: str) -> None:
        """A frame of the upstream, before it is passed on."""
        try:
            if self._open:
                self._take(self._open[0], text)
            elif self._unmeasured and self._ends_a_call(text):
                self._unmeasured -= 1
        except Exception as error:  # noqa: BLE001  # the call goes on, whatever it is
            logger.info("An answer over a socket was not read: %s", error)

    def _take(self, call: _Call, text: str) -> None:
        if call.row.first_byte_ms is None:
            call.row.first_byte_ms = (time.perf_counter() - call.asked_at) * 1000
        # As a line of a stream: JSON has line breaks only between its tokens.
        call.reader.feed(f"data: {text.replace(chr(10), ' ')}\n".encode())
        if not any(end in text for end in _ENDS):
            return
        event = _event.decode(text)
        if event.type in _ENDS:
            is_done = event.type in _DONE
            self._end(200 if is_done else event.status or FAILED)

    def _ends_a_call(self, text: str) -> bool:
        return any(end in text for end in _ENDS) and _event.decode(text).type in _ENDS

    def _end(self, status: int) -> None:
        self._close(self._open.popleft(), status)

    def _close(self, call: _Call, status: int) -> None:
        call.row.status = status
        measures.answered(status, call.turn.action)
        used = call.reader.finish()
        finish(call.turn, call.row, used if status == 200 else None)

    def break_off(self) -> None:
        """The socket has closed. A call that got no answer is one that failed."""
        while self._open:
            self._end(0)
