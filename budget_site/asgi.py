"""The ASGI application: routes requests and sockets, starts and stops what runs here.

Reports (POST /api/v1/usage, OTLP, LiteLLM) and calls through the gateway never pass
Django's middleware; every other request does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.core.asgi import get_asgi_application

from budget_site import memory

memory.search_less()
# A thread that reads 100,000 spans gives Python's lock away every 5 ms by default, and
# the writer asks for it at each statement: others' reports took 9 to 14 times as long
# as idle (p99). With this they take 2.5 to 8 times as long, and as many a second.
SWITCH_SECONDS = 0.001
sys.setswitchinterval(SWITCH_SECONDS)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
pages = get_asgi_application()

# Models can be imported only after Django is set up.
from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402

from budget_site.edge.proxies import believe  # noqa: E402
from budget_site.path_prefix import bare, below_prefix  # noqa: E402
from budget_site.schema import why_not_served  # noqa: E402
from budget_site.stop_signals import call_at_stop  # noqa: E402
from tracker.alerts.keeper import AlertKeeper  # noqa: E402
from tracker.alerts.log_export import LogKeeper  # noqa: E402
from tracker.api.intake import sources as source_intake  # noqa: E402
from tracker.api.intake import usage as intake  # noqa: E402
from tracker.api.intake.bodies.limit import with_body_limit  # noqa: E402
from tracker.api.intake.bodies.of_sources import PATHS as SOURCE_PATHS  # noqa: E402
from tracker.api.intake.request_ids import with_request_id  # noqa: E402
from tracker.api.mcp import app as recall_tools  # noqa: E402
from tracker.gateway.door import (  # noqa: E402
    gateway,
    gateway_socket,
    is_gateway,
    stop_gateway,
)
from tracker.ingest.door.process import start_writer, stop_writer  # noqa: E402
from tracker.ingest.door.source_activity import activity  # noqa: E402
from tracker.ingest.rows.store_trouble import trouble  # noqa: E402
from tracker.live.broadcast import Broadcaster  # noqa: E402
from tracker.live.consumers import websocket_urlpatterns  # noqa: E402
from tracker.live.hub import hub  # noqa: E402
from tracker.upkeep.key_packing import KeyPacker  # noqa: E402
from tracker.upkeep.project_deletion import DeletionKeeper  # noqa: E402
from tracker.upkeep.review_keeper import ReviewKeeper  # noqa: E402
from tracker.upkeep.weeks.keeper import WeekKeeper  # noqa: E402
from tracker.workers.leaving import noting_who_leaves  # noqa: E402
from tracker.workers.pool import begin_stop, stop_workers  # noqa: E402

TRY_AGAIN_LATER = 1013
logger = logging.getLogger("tracker.sockets")
sockets = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    kind = scope["type"]
    if kind != "lifespan":
        believe(settings.PROXIES, scope)
    if kind == "http":
        await with_request_id(_http, bare(scope), receive, send)
    elif kind == "websocket":
        await _websocket(bare(scope), receive, send)
    elif kind == "lifespan":
        await _lifespan(receive, send)


async def _http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == intake.PATH:
        await intake.usage_intake(scope, receive, send)
    elif scope["path"] in SOURCE_PATHS:
        await source_intake.take_in(scope, receive, send)
    elif is_gateway(scope["path"]):
        await gateway(scope, receive, send)
    elif scope["path"] == recall_tools.PATH:
        await recall_tools.mcp(scope, receive, send)
    else:
        await noting_who_leaves(_pages, below_prefix(scope), receive, send)


async def _pages(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await with_body_limit(pages, scope, receive, send)


async def _websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
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


async def _lifespan(receive: Any, send: Any) -> None:
    weeks, alerts, deletions = WeekKeeper(), AlertKeeper(), DeletionKeeper()
    logs, reviews, keys = LogKeeper(), ReviewKeeper(), KeyPacker()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            if reason := await asyncio.to_thread(why_not_served):
                logger.error(reason)
                await send({"type": "lifespan.startup.failed", "message": reason})
                return
            call_at_stop(begin_stop)
            if connection.vendor == "postgresql":
                from budget_site.postgresql.connection import limit_statements

                limit_statements()
                weeks.start()
            broadcaster = Broadcaster(asyncio.get_running_loop())
            start_writer(publish=broadcaster.publish, is_watched=broadcaster.is_watched)
            alerts.start()
            if settings.OTLP_LOGS:
                logs.start()
            deletions.start()
            reviews.start()
            keys.start()
            await hub.start()
            memory.settle()
        else:
            await hub.stop()
            await stop_gateway()
            await asyncio.to_thread(stop_writer)
            await asyncio.to_thread(activity.write)
            await asyncio.to_thread(weeks.stop)
            await asyncio.to_thread(alerts.stop)
            await asyncio.to_thread(logs.stop)
            await asyncio.to_thread(deletions.stop)
            await asyncio.to_thread(reviews.stop)
            await asyncio.to_thread(keys.stop)
            await asyncio.to_thread(stop_workers)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
