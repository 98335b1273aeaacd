"""Refuses bodies that are too large before Django spools them to disk."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings

from tracker.api.errors import ApiError, too_large


async def with_body_limit(app: Any, scope: Any, receive: Any, send: Any) -> None:
    """Serve by `app`, or answer 413. Django itself trusts Content-Length, and
    writes a chunked body of any size to its temporary folder.
    """
    limit = settings.OPTIMIZE_BODY_BYTES
    announced = dict(scope["headers"]).get(b"content-length", b"")
    if announced.isdigit() and int(announced[:19]) > limit:
        await _refuse(send, too_large(limit))
        return
    size = 0
    has_started = False

    async def limited_receive() -> Any:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        # As if the client had hung up: then Django throws away what it holds.
        return {"type": "http.disconnect"} if size > limit else message

    async def noted_send(message: Any) -> None:
        nonlocal has_started
        has_started = True
        await send(message)

    await app(scope, limited_receive, noted_send)
    if size > limit and not has_started:
        await _refuse(send, too_large(limit))


async def _refuse(send: Any, error: ApiError) -> None:
    body = msgspec.json.encode(error.as_dict())
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send(
        {"type": "http.response.start", "status": error.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})
