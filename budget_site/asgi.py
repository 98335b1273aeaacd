"""The ASGI application: routes requests and sockets, starts and stops what runs here.

Reports (POST /api/v1/usage, OTLP, LiteLLM) and calls through the gateway never pass
Django's middleware; every other request does. What is not here is imported behind the
first reports and probes (later.py).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Any

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
from django.db import connection  # noqa: E402

from budget_site.edge.proxies import believe  # noqa: E402
from budget_site.path_prefix import bare, below_prefix  # noqa: E402
from budget_site.schema import why_not_served  # noqa: E402
from budget_site.serving.later import Later  # noqa: E402
from budget_site.stop_signals import call_at_stop  # noqa: E402
from tracker.api.intake import usage as intake  # noqa: E402
from tracker.api.intake.bodies.limit import with_body_limit  # noqa: E402
from tracker.api.intake.request_ids import with_request_id  # noqa: E402
from tracker.gateway.door import stop_gateway  # noqa: E402
from tracker.ingest.door.process import start_writer, stop_writer  # noqa: E402
from tracker.ingest.door.source_activity import activity  # noqa: E402
from tracker.live.broadcast import Broadcaster  # noqa: E402
from tracker.live.hub import hub  # noqa: E402
from tracker.pages.frame.middleware.store_away import is_probe  # noqa: E402
from tracker.workers.leaving import noting_who_leaves  # noqa: E402
from tracker.workers.pool import begin_stop, stop_workers  # noqa: E402

logger = logging.getLogger("tracker.sockets")
later = Later()


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
    elif is_probe(scope["path"], scope["method"]):
        await _pages(scope, receive, send)
    else:
        rest = await later.module()
        await rest.http(_pages, scope, receive, send)


async def _pages(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await noting_who_leaves(_limited, below_prefix(scope), receive, send)


async def _limited(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await with_body_limit(pages, scope, receive, send)


async def _websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    rest = await later.module()
    await rest.websocket(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
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
            broadcaster = Broadcaster(asyncio.get_running_loop())
            start_writer(publish=broadcaster.publish, is_watched=broadcaster.is_watched)
            await hub.start()
            later.begin()
        else:
            await hub.stop()
            await stop_gateway()
            await asyncio.to_thread(stop_writer)
            await asyncio.to_thread(activity.write)
            await later.stop()
            await asyncio.to_thread(stop_workers)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
