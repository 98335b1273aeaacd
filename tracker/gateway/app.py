"""The ASGI app of /gateway/…: a call's way to its provider and back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from tracker.api.errors import ApiError
from tracker.api.intake.http import (
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    announced_size,
    header,
    read_body,
    send_error,
)
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.budget.resolution import PolicyBook
from tracker.gateway.address import PREFIX, Address, Provider, admitted, read_address
from tracker.gateway.answers import AnswerReader
from tracker.gateway.conversation import Conversation, conversations
from tracker.gateway.judgement import asked_window, judge
from tracker.gateway.record import records, usage_report
from tracker.gateway.relay import Answer, UpstreamLost, answer_headers, passing, relay
from tracker.gateway.request_body import RequestBody, shape_of
from tracker.gateway.request_body import read_body as read_request
from tracker.ingest.arrivals import Outcome

logger = logging.getLogger(__name__)


def is_gateway(path: str) -> bool:
    """`/gateway/` itself is a page."""
    return path.startswith(PREFIX) and len(path) > len(PREFIX)


async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the upstream does; with an error of ours only where there is none."""
    try:
        address = read_address(scope)
        grant, provider, policies = await admitted(address)
        headers = dict(scope["headers"])
        exchange = Exchange(scope, headers, address, grant, provider, policies)
        if exchange.shape:
            await exchange.relay_call(receive, send)
        else:
            await exchange.relay_other(receive, send)
    except ApiError as error:
        await send_error(send, error)
    except (ClientGone, UpstreamLost):
        return  # the server closes a connection whose answer is not complete


@dataclass(frozen=True, slots=True)
class Call:
    """A model call that was understood."""

    body: RequestBody
    conversation: Conversation
    window_tokens: int | None


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
        self.path = address.path
        self.url = provider.base + address.target
        self.shape = shape_of(self.method, address.path)
        self.grant = grant
        self.policies = policies

    async def relay_call(self, receive: Receive, send: Send) -> None:
        """A model call: its whole body is read, and what it used is recorded."""
        limit = settings.GATEWAY_BODY_BYTES
        body = await read_body(receive, self.headers, limit=limit, takes_gzip=True)
        call = self._understood(body)
        await while_client_stays(receive, self._there_and_back(body, call, send))

    async def relay_other(self, receive: Receive, send: Send) -> None:
        """Any other address of the upstream; a body passes piece by piece."""
        length = announced_size(self.headers)
        has_body = length > 0 or b"transfer-encoding" in self.headers
        if not has_body:
            work = self._there_and_back(b"" if length else None, None, send)
            await while_client_stays(receive, work)
            return
        answer = await relay.ask(
            self.method, self.url, self.pairs, passing(receive), length or None
        )
        await self._bring_back(answer, None, send)

    def _understood(self, body: bytes) -> Call | None:
        """None where the body is not understood: it is relayed all the same."""
        try:
            read = read_request(self.shape, self.path, body, self.headers)
        except Exception as error:  # noqa: BLE001  # the call goes on, whatever it is
            logger.info("A call was relayed without being read: %s", error)
            return None
        conversation = conversations.of(
            self.grant.project_id, self.grant.key_id, read, self.headers
        )
        window = asked_window(header(self.headers, b"anthropic-beta"))
        return Call(read, conversation, window)

    async def _there_and_back(
        self, body: bytes | None, call: Call | None, send: Send
    ) -> None:
        answer = await relay.ask(self.method, self.url, self.pairs, body)
        await self._bring_back(answer, call, send)

    async def _bring_back(self, answer: Answer, call: Call | None, send: Send) -> None:
        own = self._own_headers(call) if call is not None else {}
        is_read = call is not None and 200 <= answer.status < 300
        reader = AnswerReader(
            answer.header(b"content-type") if is_read else "",
            answer.header(b"content-encoding"),
        )
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": answer.status,
                    "headers": answer_headers(answer, own),
                }
            )
            async for chunk in answer.chunks():
                part = {"type": "http.response.body", "body": chunk, "more_body": True}
                await send(part)
                reader.feed(chunk)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            # Not at its end when the client or the upstream went away: what the
            # answer's beginning said was used all the same.
            answer.close()
            if call is not None and is_read:
                self._record(call, reader)

    def _own_headers(self, call: Call) -> dict[str, str]:
        status = judge.judged(
            self.policies,
            self.grant.project_id,
            call.conversation,
            call.body,
            call.window_tokens,
        )
        return {
            "x-token-budget-session": call.conversation.session,
            "x-token-budget-level": status.level,
            "x-token-budget-used-percent": f"{status.used_ratio * 100:.1f}",
        }

    def _record(self, call: Call, reader: AnswerReader) -> None:
        answered = reader.finish()
        project_id = self.grant.project_id
        if answered.response_id:
            conversations.note_answer(
                project_id, answered.response_id, call.conversation
            )
        report = usage_report(
            call.body, call.conversation, answered, window_tokens=call.window_tokens
        )

        def learn(outcome: Outcome) -> None:
            judge.learn(
                project_id,
                call.conversation,
                call.body,
                used_tokens=report.used_tokens,
                session_id=outcome.session_id,
            )

        records.add(project_id, self.grant.key_id, report, learn)


async def while_client_stays(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, and stop it when the client hangs up: what nobody reads any more is
    paid for by the token.
    """
    job = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait((job, gone), return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            job.result()
    finally:
        for task in (job, gone):
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def stop_gateway() -> None:
    """At shutdown, before the writer ends."""
    await relay.close()
    await records.drain()
