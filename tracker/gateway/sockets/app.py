"""The ASGI app of websockets below /gateway/…: relayed frame by frame, and measured.

A frame passes as it came, in both directions. Nothing is compressed here: after the
first request of a socket a client sends what is new since `previous_response_id`, and
the messages before are the provider's.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiohttp
from django.conf import settings

from tracker.api.errors import ApiError
from tracker.api.intake.http import Receive, Scope, Send
from tracker.domain.dialects.relayed_items import RESPONSES
from tracker.gateway.request.address import Address, admitted, read_address
from tracker.gateway.request.shapes import shape_of
from tracker.gateway.sockets.calls import Calls
from tracker.gateway.upstream.relay import relay

BROKEN, NOT_ALLOWED = 1011, 1008
# A close frame may not carry the others: 1005 and 1006 mean that none came.
_SENDABLE = {1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)}


async def gateway_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Opened where the upstream opens; its refusal of the handshake is passed on."""
    await receive()  # websocket.connect
    headers = [pair for pair in scope["headers"] if not _is_of_handshake(pair[0])]
    try:
        address = read_address(scope)
        grant, provider, policies = await admitted(address)
        if shape_of("POST", address.path) != RESPONSES:
            raise ApiError(404, "address", "only /responses has a websocket")
        limit = settings.GATEWAY_BODY_BYTES
        upstream = await relay.open_socket(
            provider.base + address.target, headers, scope["subprotocols"], limit
        )
    except ApiError as error:
        await _refuse(send, error)
        return
    # A stranger's frame may have 64 KiB; from now on it is somebody's with a key.
    scope.setdefault("state", {})["frame_bytes"] = limit
    calls = Calls(address.path, dict(headers), grant, provider, policies)
    try:
        chosen = upstream.protocol
        await send({"type": "websocket.accept", "subprotocol": chosen})
        await _relay(_Ends(address, calls, upstream), receive, send)
    finally:
        await upstream.close()
        calls.break_off()


class _Ends:
    """What both directions know."""

    def __init__(
        self, address: Address, calls: Calls, upstream: aiohttp.ClientWebSocketResponse
    ) -> None:
        self.address, self.calls, self.upstream = address, calls, upstream


async def _relay(ends: _Ends, receive: Receive, send: Send) -> None:
    """Until one side closes; then the other is closed with the same code."""
    ways = [
        asyncio.ensure_future(_pass_on(ends, receive, send)),
        asyncio.ensure_future(_bring_back(ends, send)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        code = next(way.result() for way in ways if way.done())
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    if code is not None:
        with contextlib.suppress(OSError):  # the client has hung up
            await send({"type": "websocket.close", "code": code})


async def _pass_on(ends: _Ends, receive: Receive, send: Send) -> int | None:
    """Frames of the client. The code to close it with; None when it has closed."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or 1000
            await ends.upstream.close(code=code if code in _SENDABLE else 1000)
            return None
        try:
            # A key that was revoked opens nothing more.
            grant, _, policies = await admitted(ends.address)
        except ApiError as error:
            if error.status < 500:
                return NOT_ALLOWED
        else:
            ends.calls.allow(grant, policies)
        text = message.get("text")
        try:
            if text is None:
                await ends.upstream.send_bytes(message["bytes"])
            else:
                refused = await ends.calls.asked(text)
                if refused:
                    await send({"type": "websocket.send", "text": refused})
                else:
                    await ends.upstream.send_str(text)
        except (aiohttp.ClientError, OSError):
            return BROKEN


async def _bring_back(ends: _Ends, send: Send) -> int:
    """Frames of the upstream. The code that it has closed with."""
    async for message in ends.upstream:
        if message.type is aiohttp.WSMsgType.TEXT:
            ends.calls.answered(message.data)
            await send({"type": "websocket.send", "text": message.data})
        elif message.type is aiohttp.WSMsgType.BINARY:
            await send({"type": "websocket.send", "bytes": message.data})
        else:
            return BROKEN
    code = ends.upstream.close_code or BROKEN
    return code if code in _SENDABLE else BROKEN


def _is_of_handshake(name: bytes) -> bool:
    return name.lower().startswith(b"sec-websocket-")


async def _refuse(send: Send, error: ApiError) -> None:
    """An answer of HTTP in place of the socket: clients then try it over HTTP."""
    headers: list[Any] = [(b"content-type", b"application/json")]
    headers += [(k.lower().encode(), v.encode()) for k, v in error.headers.items()]
    kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": error.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": error.body})
