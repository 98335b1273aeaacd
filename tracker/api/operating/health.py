"""/healthz says that the process answers, /readyz that it can store, publish and
compress.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from budget_site.database_file import refuse_another
from tracker.ingest.door.process import get_writer
from tracker.ingest.rows.store_trouble import database_answered, trouble
from tracker.workers.watch import watch


def healthz(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    checks = {
        "database": _database(),
        "channel_layer": _channel_layer(),
        "writer": _writer(),
        "workers": watch.problem(),
    }
    ready = all(problem is None for problem in checks.values())
    body: dict[str, Any] = {
        "status": "ok" if ready else "unavailable",
        "checks": {name: problem or "ok" for name, problem in checks.items()},
    }
    response = JsonResponse(body, status=200 if ready else 503)
    if not ready:
        response.headers["Retry-After"] = "5"
    return response


def _database() -> str | None:
    try:
        refuse_another()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tracker_configversion LIMIT 1")
    except DatabaseError as error:
        if "was replaced" in str(error):
            return trouble(error)
        return "the database does not answer"
    database_answered()  # else the next read would still be refused
    return None


def _channel_layer() -> str | None:
    try:
        async_to_sync(get_channel_layer().group_send)("readyz", {"type": "probe"})
    except Exception:  # noqa: BLE001 - each layer fails in its own way
        return "the channel layer does not answer"
    return None


def _writer() -> str | None:
    return None if get_writer().is_alive else "the writer has stopped"
