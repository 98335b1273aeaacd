"""All that the server does beside taking reports and answering probes: other requests,
sockets, and the threads that keep things in order. Later.MODULE: imported behind them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.conf import settings
from django.db import DatabaseError, connection
from django.urls import get_resolver

from budget_site.path_prefix import below_prefix
from tracker.alerts.keeper import AlertKeeper
from tracker.alerts.log_export import LogKeeper
from tracker.api.intake import sources as source_intake
from tracker.api.intake.bodies.of_sources import PATHS as SOURCE_PATHS
from tracker.api.mcp import app as recall_tools
from tracker.gateway.door import gateway, gateway_socket, is_gateway
from tracker.ingest.repeating import RepeatingThread
from tracker.ingest.rows.store_trouble import trouble
from tracker.live.consumers import websocket_urlpatterns
from tracker.upkeep.key_packing import KeyPacker
from tracker.upkeep.project_deletion import DeletionKeeper
from tracker.upkeep.review_keeper import ReviewKeeper
from tracker.upkeep.weeks.keeper import WeekKeeper

TRY_AGAIN_LATER = 1013
logger = logging.getLogger("tracker.sockets")
sockets = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))


async def http(pages: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A request that is no report; `pages` answers those of Django."""
    if scope["path"] in SOURCE_PATHS:
        await source_intake.take_in(scope, receive, send)
    elif is_gateway(scope["path"]):
        await gateway(scope, receive, send)
    elif scope["path"] == recall_tools.PATH:
        await recall_tools.mcp(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if is_gateway(scope["path"]):
        await gateway_socket(scope, receive, send)
    else:
        await _socket(below_prefix(scope), receive, send)


async def _socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    scope["plain_send"] = send
    try:
        await sockets(scope, receive, send)
    except ValueError:  # no such address; else Channels prints a traceback
        await receive()
        await send({"type": "websocket.close", "code": 4004})
    except DatabaseError as error:
        logger.warning("A socket was not opened: %s", trouble(error))
        await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
    finally:
        del scope["plain_send"]  # the server's: it would be a circle through itself


def import_pages() -> None:
    """The addresses of the whole site, and with them the views."""
    assert get_resolver().url_patterns


_running: list[RepeatingThread] = []


def start_keepers() -> None:
    keepers: list[RepeatingThread] = [AlertKeeper(), DeletionKeeper(), ReviewKeeper()]
    if connection.vendor == "postgresql":
        keepers.insert(0, WeekKeeper())
    if settings.OTLP_LOGS:
        keepers.append(LogKeeper())
    _running[:] = [*keepers, KeyPacker()]
    for keeper in _running:
        keeper.start()


async def stop_keepers() -> None:
    for keeper in _running:
        await asyncio.to_thread(keeper.stop)
    _running.clear()
