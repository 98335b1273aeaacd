"""The gateway's ASGI apps, loaded with its first call.

Its client of other servers is a fifth of a server's start, and many servers relay
nothing.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

import tracker.gateway.measures  # noqa: F401  # /metrics shows them from the start
from tracker.api.intake.http import Receive, Scope, Send

PREFIX = "/gateway/"
_CALLS, _SOCKETS = "tracker.gateway.app", "tracker.gateway.sockets.app"


def is_gateway(path: str) -> bool:
    """`/gateway/` itself is a page."""
    return path.startswith(PREFIX) and len(path) > len(PREFIX)


async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
    await _load(_CALLS)
    from tracker.gateway.app import gateway as call

    await call(scope, receive, send)


async def gateway_socket(scope: Scope, receive: Receive, send: Send) -> None:
    await _load(_SOCKETS)
    from tracker.gateway.sockets.app import gateway_socket as socket

    await socket(scope, receive, send)


async def stop_gateway() -> None:
    """At shutdown, before the writer ends."""
    if _CALLS in sys.modules:
        from tracker.gateway.app import stop_gateway as stop

        await stop()


async def _load(module: str) -> None:
    """In a thread: reports and pages are answered meanwhile."""
    if module not in sys.modules:
        await asyncio.to_thread(import_module, module)
