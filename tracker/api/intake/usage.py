"""Usage reports in: an ASGI app ahead of Django, whose own way in costs 40 times more.

Key, size, decode, judge and store, answer after the commit. Everything rarer goes
through Django (`tracker/api/urls.py`).
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError

from tracker.api.errors import ApiError, saturated, store_unavailable, too_large
from tracker.api.intake.answers import batch_answer, single_answer
from tracker.api.intake.bodies import read_reports
from tracker.api.intake.content_types import is_ndjson, refuse_compressed
from tracker.api.intake.threads import in_store_thread
from tracker.api.keys.access import authorize, check, key_of
from tracker.api.keys.keyring import KeyGrant, keyring
from tracker.api.keys.rate_limit import rate_limiter
from tracker.ingest.arrivals import Arrival, Saturated, StoreUnavailable
from tracker.ingest.door.process import get_writer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
PATH = "/api/v1/usage"
# Reading this much on the event loop takes under 2 ms; more goes to a thread.
INLINE_BYTES = 64 * 1024
TEXT = re.compile(rb'"(?:messages|system|user_context|tools)"\s*:\s*["\[]')
logger = logging.getLogger(__name__)


async def usage_intake(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        status, answer = await _usage(scope, receive)
        headers: dict[str, str] = {}
    except ApiError as error:
        status, answer, headers = error.status, error.as_dict(), error.headers
    except ClientGone:
        return
    await _respond(send, status, msgspec.json.encode(answer), headers)


class ClientGone(Exception):
    """The client hung up before its body was complete: there is nobody to answer."""


async def _usage(scope: Scope, receive: Receive) -> tuple[int, Any]:
    if scope["method"] != "POST":
        raise ApiError(405, "method", "reports are sent with POST")
    headers = dict(scope["headers"])
    grant = await ingest_grant(headers)
    body = await read_body(receive, headers, limit=settings.USAGE_BODY_BYTES)
    is_lines = is_ndjson(_text(headers, b"content-type"))
    found = await _read(body, grant, is_lines)
    rate_limiter.take(grant, sum(item.report is not None for item in found.reports))
    received_at = datetime.now(UTC)
    arrivals = [
        Arrival(grant.project_id, item.report, received_at, grant.key_id)
        for item in found.reports
        if item.report is not None
    ]
    try:
        answers = await get_writer().record(arrivals) if arrivals else []
    except Saturated as error:
        raise saturated() from error
    except StoreUnavailable as error:
        raise store_unavailable(error) from error
    if found.is_batch:
        return batch_answer(found.reports, answers)
    return single_answer(found.reports[0], answers)


async def _read(body: bytes, grant: KeyGrant, is_lines: bool) -> Any:
    """In a thread where text is to be counted: that takes time, and a query."""
    if len(body) <= INLINE_BYTES and not TEXT.search(body):
        # A name spelt with escapes looks like none: counting it says so.
        with contextlib.suppress(SynchronousOnlyOperation):
            return read_reports(body, grant, is_lines)
    return await in_store_thread(read_reports, body, grant, is_lines)


async def ingest_grant(headers: dict[bytes, bytes]) -> KeyGrant:
    header = _text(headers, b"authorization")
    grant = keyring.cached(key_of(header))
    if grant is not None:
        return check(grant, "ingest")
    try:
        return await sync_to_async(authorize, thread_sensitive=True)(header, "ingest")
    except DatabaseError as error:
        raise store_unavailable(error) from error


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


async def read_body(
    receive: Receive,
    headers: dict[bytes, bytes],
    *,
    limit: int,
    takes_gzip: bool = False,
) -> bytes:
    """The whole body as sent, refused with 413 before more than `limit` bytes are
    held. ClientGone when the client hangs up. With `takes_gzip` it may come packed.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    if not takes_gzip:
        refuse_compressed(_text(headers, b"content-encoding"))
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


async def _respond(
    send: Send, status: int, body: bytes, headers: dict[str, str]
) -> None:
    head = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *((k.lower().encode(), v.encode()) for k, v in headers.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
