"""Gives each request an id, the proxy's or a new one; logs it and sends it back."""

from __future__ import annotations

import logging
import time
from typing import Any

from budget_site.edge.connections import caller
from budget_site.edge.strangers import strangers
from tracker.api.intake.http import App, Receive, Scope, Send, header
from tracker.changes.request_context import begin

SCOPE_KEY = "token_budget.request"
logger = logging.getLogger("tracker.requests")


async def with_request_id(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve an HTTP request by `app`. The id is in its context, answer and log line.

    Callers without a valid key are counted, see `budget_site/edge/strangers.py`.

    The line holds method, path, status and milliseconds; never the query or the body.
    """
    headers = dict(scope["headers"])
    given = header(headers, b"x-request-id")
    client = scope.get("client")
    context = begin(given, client[0] if client else "")
    scope[SCOPE_KEY] = context
    started = time.perf_counter()
    status = 0

    async def tagged_send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = _tagged(message, context.id)
            if context.is_unknown and _is_one_too_many(scope):
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        await send(message)

    try:
        await app(scope, receive, tagged_send)
    finally:
        if logger.isEnabledFor(logging.INFO):
            took_ms = (time.perf_counter() - started) * 1000
            logger.info(
                "%s %r %s %.1f ms", scope["method"], scope["path"], status, took_ms
            )


def _is_one_too_many(scope: Scope) -> bool:
    """Whether the caller's next request must come on a new connection, which waits its
    turn at the front door. On one that stays, keys could be tried a thousand a second.
    """
    host, port = scope.get("client") or ("", 0)
    if not port:  # asked by a proxy for somebody: its connection serves others, too
        return False
    return strangers.refused(caller(host))


def _tagged(message: dict[str, Any], request_id: str) -> list[tuple[bytes, bytes]]:
    """A provider's own id, which its support asks for, is not given a twin."""
    headers = list(message.get("headers", ()))
    if all(name != b"x-request-id" for name, _ in headers):
        headers.append((b"x-request-id", request_id.encode()))
    return headers
