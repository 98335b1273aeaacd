"""Refuses bodies that are too large before Django spools them to disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from tracker.api.errors import too_large
from tracker.api.intake.http import (
    App,
    Receive,
    Scope,
    Send,
    announced_size,
    send_error,
)


async def with_body_limit(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve by `app`, or answer 413.

    Django trusts Content-Length and writes a chunked body of any size to its temporary
    folder, so a client could fill the disk. Here a body ends at the limit.
    """
    limit = settings.OPTIMIZE_BODY_BYTES
    if announced_size(dict(scope["headers"])) > limit:
        await send_error(send, too_large(limit))
        return
    size = 0
    has_started = False

    async def limited_receive() -> dict[str, Any]:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        # Django discards what it has read when the client hangs up.
        return {"type": "http.disconnect"} if size > limit else message

    async def noted_send(message: dict[str, Any]) -> None:
        nonlocal has_started
        has_started = True
        await send(message)

    await app(scope, limited_receive, noted_send)
    if size > limit and not has_started:
        await send_error(send, too_large(limit))
