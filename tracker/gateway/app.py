"""The ASGI app of /gateway/…: a call's way to its provider and back."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from urllib.parse import unquote

from django.conf import settings

from tracker.api.errors import ApiError
from tracker.api.intake.http import (
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    announced_size,
    read_body,
    send_error,
)
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.plan_limits import header_limits
from tracker.domain.spend.stops import Stop
from tracker.gateway.compression import compressor
from tracker.gateway.measures import measures
from tracker.gateway.record import records
from tracker.gateway.request.address import Address, Provider, admitted, read_address
from tracker.gateway.request.body import read_body as read_request
from tracker.gateway.request.client import passing, while_client_stays
from tracker.gateway.request.shapes import counted_shape_of, shape_of
from tracker.gateway.turn.again import REFUSALS, after_refusal
from tracker.gateway.turn.composing import fillings
from tracker.gateway.turn.deciding import count, decide
from tracker.gateway.turn.recording import begin, finish
from tracker.gateway.turn.stopping import HEADERS, refusal, status_of, stopped
from tracker.gateway.turn.turn import Turn
from tracker.gateway.upstream.answers import AnswerReader
from tracker.gateway.upstream.headers import answer_headers, own_pairs
from tracker.gateway.upstream.relay import Answer, UpstreamLost, relay
from tracker.ingest.door.gateway_calls import call_log
from tracker.models import GatewayCall

PEEKED_BYTES = 64 * 1024  # of a refusal
logger = logging.getLogger(__name__)


async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass on the upstream's answer; send an error of ours only where there is none."""
    try:
        address = read_address(scope)
        grant, provider, policies = await admitted(address)
        headers = dict(scope["headers"])
        exchange = Exchange(scope, headers, address, grant, provider, policies)
        await exchange.run(receive, send)
    except ApiError as error:
        await send_error(send, error)
    except (ClientGone, UpstreamLost):
        return  # the server closes a connection whose answer is not complete


class Exchange:
    """One request and its answer."""

    def __init__(
        self,
        scope: Scope,
        headers: Headers,
        address: Address,
        grant: KeyGrant,
        provider: Provider,
        policies: PolicyBook,
    ) -> None:
        self.method: str = scope["method"]
        self.pairs: list[tuple[bytes, bytes]] = list(scope["headers"])
        self.headers = headers
        self.path = unquote(address.path)  # `…/gemini-3-pro%3AgenerateContent`
        self.url = provider.base + address.target
        self.shape = shape_of(self.method, self.path)
        self.counted_shape = counted_shape_of(self.method, self.path)
        self.grant, self.provider, self.policies = grant, provider, policies
        self.turn: Turn | None = None
        self.row: GatewayCall | None = None
        self._body: bytes | None = None
        self._asked = 0.0
        self._added: float | None = None  # seconds; None: it is not recorded, or was
        self._first_byte_ms: float | None = None

    async def run(self, receive: Receive, send: Send) -> None:
        if not (self.shape or self.counted_shape):
            await self._relay_other(receive, send)
            return
        limit = settings.GATEWAY_BODY_BYTES
        # Not kept in a variable here: this frame lives as long as the answer streams.
        self._body = await read_body(
            receive, self.headers, limit=limit, takes_gzip=True
        )
        await while_client_stays(receive, self._relay_call(send))

    async def _relay_other(self, receive: Receive, send: Send) -> None:
        """Any other address of the upstream; a body passes piece by piece."""
        length = announced_size(self.headers)
        has_body = length > 0 or b"transfer-encoding" in self.headers
        if not has_body:
            self._body = b"" if b"content-length" in self.headers else None
            await while_client_stays(receive, self._relay_as_it_is(send))
            return
        answer = await relay.ask(
            self.method, self.url, self.pairs, passing(receive), length or None
        )
        await self._bring_back(answer, send)

    async def _relay_as_it_is(self, send: Send) -> None:
        body, self._body = self._body, None
        answer = await relay.ask(self.method, self.url, self.pairs, body)
        del body
        await self._bring_back(answer, send)

    async def _relay_call(self, send: Send) -> None:
        """A model call: judged, sent with its cut, and once more where it must be."""
        started = time.perf_counter()
        self.turn = self._understood()
        if self.turn is None:
            await self._relay_as_it_is(send)
            return
        turn = self.turn
        try:
            await (decide(turn) if self.shape else count(turn))
        except Exception as error:  # noqa: BLE001  # the call goes out as it came
            logger.warning("A call was not judged: %s", error, exc_info=True)
        self._asked = time.perf_counter()
        if self.shape:
            self._added = self._asked - started - turn.waited
        if turn.stop is not None:
            await self._stop(turn, turn.stop, send)
            return
        try:
            answer = await self._ask(turn)
        except ApiError:
            self._finish(0, None)
            raise
        if answer.status in REFUSALS and await self._is_sent_again(turn, answer):
            answer = await self._ask(turn)
        await self._bring_back(answer, send)

    async def _stop(self, turn: Turn, stop: Stop, send: Send) -> None:
        """Answer in the provider's place, without calling it."""
        body, status = refusal(turn, stop), status_of(turn)
        if self._added is not None:
            self.row = begin(turn, self.provider.name, added_seconds=self._added)
        stopped(turn, stop, self.row)
        self._finish(status, None)
        length = (b"content-length", str(len(body)).encode())
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*HEADERS, length, *own_pairs(turn.own_headers())],
            }
        )
        await send({"type": "http.response.body", "body": body})

    def _understood(self) -> Turn | None:
        """The parsed body; None if it is not understood. It is relayed in any case."""
        body, shape = self._body, self.shape or self.counted_shape
        assert body is not None
        try:
            read = read_request(shape, self.path, body, self.headers)
            turn = Turn(
                self.grant, self.provider, self.policies, self.headers, read, body
            )
        except Exception as error:  # noqa: BLE001  # the call goes on, whatever it is
            logger.info("A call was relayed without being read: %s", error)
            return None
        self._body = None
        return turn

    async def _ask(self, turn: Turn) -> Answer:
        pairs = self.pairs
        if not turn.is_original:  # it is not packed any more
            pairs = [pair for pair in pairs if pair[0] != b"content-encoding"]
        return await relay.ask(self.method, self.url, pairs, turn.body)

    async def _is_sent_again(self, turn: Turn, answer: Answer) -> bool:
        try:
            text = await answer.peek(PEEKED_BYTES)
            is_again = await after_refusal(turn, text)
        except Exception as error:  # noqa: BLE001  # the refusal itself is the answer
            logger.warning("A refused call was not mended: %s", error, exc_info=True)
            return False
        if is_again:
            answer.close()
        return is_again

    async def _bring_back(self, answer: Answer, send: Send) -> None:
        turn = self.turn if self._added is not None else None
        own = turn.own_headers() if turn is not None else {}
        if turn is not None:
            turn.plan_limits = header_limits(answer.headers, datetime.now(UTC))
        is_read = turn is not None and 200 <= answer.status < 300
        reader = AnswerReader(
            answer.header(b"content-type") if is_read else "",
            answer.header(b"content-encoding"),
        )
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": answer.status,
                    "headers": answer_headers(answer.status, answer.headers, own),
                }
            )
            if self.turn is not None:  # behind the first chunk, if that is there
                loop = asyncio.get_running_loop()
                loop.call_soon(self._let_go, answer.status)
            async for chunk in answer.chunks():
                if self._first_byte_ms is None:
                    took = time.perf_counter() - self._asked
                    self._first_byte_ms = took * 1000
                # Read before it is sent: a program that has all of it may be gone, or
                # in its next call, when `send` comes back.
                reader.feed(chunk)
                part = {"type": "http.response.body", "body": chunk, "more_body": True}
                await send(part)
            # On its way before the client sees the end: a server that is killed after
            # that has lost as little as it can.
            self._finish(answer.status, reader if is_read else None)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            # Not at its end when the client or the upstream went away: what the
            # answer's beginning said was used all the same.
            answer.close()
            self._finish(answer.status, reader if is_read else None)

    def _let_go(self, status: int) -> None:
        """Begin to find what the request holds, and drop its bytes."""
        if self.turn is None:
            return
        try:
            if self.shape and 200 <= status < 300:
                self.turn.compose()
        except Exception as error:  # noqa: BLE001  # the call goes on, whatever it is
            logger.warning("A call's messages were not named: %s", error)
        self.turn.let_go()

    def _finish(self, status: int, reader: AnswerReader | None) -> None:
        turn, added = self.turn, self._added
        if turn is None or added is None:
            return
        self._added = None  # once
        self._let_go(status)  # a short answer may have come in one turn of the loop
        # Made here, behind the answer: a row takes a tenth of what is added before it.
        row = self.row or begin(turn, self.provider.name, added_seconds=added)
        row.status, row.first_byte_ms = status, self._first_byte_ms
        measures.answered(status, turn.action)
        finish(turn, row, reader.finish() if reader is not None else None)


async def stop_gateway() -> None:
    """At shutdown, before the writer ends."""
    await compressor.stop()
    await relay.close()
    await records.drain()
    fillings.stop()
    await asyncio.to_thread(call_log.write)
