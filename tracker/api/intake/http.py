"""HTTP ahead of Django, in ASGI's own words: read a body, send an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tracker.api.errors import ApiError, too_large
from tracker.api.intake.bodies.content_types import refuse_compressed

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[..., Awaitable[None]]  # of (scope, receive, send)
Headers = Mapping[bytes, bytes]
NO_HEADERS: Mapping[str, str] = {}


class ClientGone(Exception):
    """The client hung up before its body was complete: there is nobody to answer."""


def header(headers: Headers, name: bytes) -> str:
    """`name` in lower case, as ASGI gives them. Empty where it was not sent."""
    return headers.get(name, b"").decode("latin-1")


def announced_size(headers: Headers) -> int:
    """What Content-Length says, 0 where it says nothing. At most 19 digits are read:
    Python takes long for thousands of them.
    """
    text = headers.get(b"content-length", b"")
    return int(text[:19]) if text.isdigit() else 0


async def read_body(
    receive: Receive, headers: Headers, *, limit: int, takes_gzip: bool = False
) -> bytes:
    """The whole body as it was sent; with `takes_gzip` it may be compressed.

    Raises ApiError 413 before more than `limit` bytes are held, and ClientGone.
    """
    if announced_size(headers) > limit:
        raise too_large(limit)
    if not takes_gzip:
        refuse_compressed(header(headers, b"content-encoding"))
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def send_answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    content_type: bytes = b"application/json",
    headers: Mapping[str, str] = NO_HEADERS,
) -> None:
    head = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        *((k.lower().encode(), v.encode()) for k, v in headers.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError) -> None:
    await send_answer(send, error.status, error.body, headers=error.headers)
