"""Notices that a client has hung up, so that its work is stopped."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_LEFT = "token_budget.client_left"


async def noting_who_leaves(
    app: App, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve by `app`. Django gives up a request whose client hung up, but its thread
    works on: `has_left` tells it.
    """
    left = threading.Event()

    async def noted() -> dict[str, Any]:
        message = await receive()
        if message["type"] == "http.disconnect":
            left.set()
        return message

    await app({**scope, _LEFT: left}, noted, send)


def has_left(request: HttpRequest) -> Callable[[], bool]:
    """Whether the client of this request has hung up."""
    scope = getattr(request, "scope", {})
    left: threading.Event = scope.get(_LEFT) or threading.Event()
    return left.is_set
