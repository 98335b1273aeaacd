"""POST /usage: an ASGI app ahead of Django, which would take 40 times as long.

Check key and size, decode, hand over to the writer, answer after the commit. All other
addresses are Django's (`tracker/api/urls.py`).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError
from msgspec.json import encode

from tracker.api.errors import ApiError, saturated, store_unavailable
from tracker.api.intake.answers import batch_answer, single_answer
from tracker.api.intake.bodies.content_types import is_ndjson
from tracker.api.intake.bodies.of_reports import read_reports
from tracker.api.intake.growing import TakesLong
from tracker.api.intake.http import (
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    send_answer,
    send_error,
)
from tracker.api.intake.threads import in_store_thread
from tracker.api.keys.access import check, key_of
from tracker.api.keys.asking import find_for_writing
from tracker.api.keys.keyring import KeyGrant
from tracker.api.keys.rate_limit import rate_limiter
from tracker.ingest.arrivals import Answer, Arrival, Saturated, StoreUnavailable
from tracker.ingest.door.process import get_writer

PATH = "/api/v1/usage"
# Reading this much on the event loop takes under 2 ms; more goes to a thread.
INLINE_BYTES = 64 * 1024
# Of new messages: as many as are counted, and told what they fill, in some 3 ms.
QUICK_BYTES = 8 * 1024


async def usage_intake(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        status, answer = await _usage(scope, receive)
    except ApiError as error:
        await send_error(send, error)
    except ClientGone:
        return
    else:
        await send_answer(send, status, encode(answer))


async def _usage(scope: Scope, receive: Receive) -> tuple[int, Any]:
    if scope["method"] != "POST":
        raise ApiError(405, "method", "reports are sent with POST")
    headers = dict(scope["headers"])
    grant = await ingest_grant(headers)
    body = await read_body(receive, headers, limit=settings.USAGE_BODY_BYTES)
    is_lines = is_ndjson(header(headers, b"content-type"))
    found = await _read(body, grant, is_lines, headers)
    rate_limiter.take(grant, sum(item.report is not None for item in found.reports))
    received_at = datetime.now(UTC)
    arrivals = [
        Arrival(grant.project_id, report, received_at, grant.key_id)
        for item in found.reports
        if (report := item.report) is not None
    ]
    answers = await stored(arrivals)
    if found.is_batch:
        return batch_answer(found.reports, answers)
    return single_answer(found.reports[0], answers)


async def stored(arrivals: list[Arrival]) -> Sequence[Answer]:
    """Their answers, in their order, once they are committed. Raises ApiError 503."""
    try:
        return await get_writer().record(arrivals) if arrivals else []
    except Saturated as error:
        raise saturated() from error
    except StoreUnavailable as error:
        raise store_unavailable(error) from error


def product(user_agent: str) -> str:
    """The program's name without its version: "python-httpx/0.28" is "python-httpx"."""
    return "".join(re.findall(r"[\w.-]+", user_agent.partition("/")[0]))[:60]


async def _read(body: bytes, grant: KeyGrant, is_lines: bool, headers: Headers) -> Any:
    """In a thread where there is much text to count: that takes time, and a query. A
    chat that has grown by a few messages is read here: a thread takes as long.
    """

    def client() -> str:
        return product(header(headers, b"user-agent"))

    if len(body) <= INLINE_BYTES:
        with contextlib.suppress(SynchronousOnlyOperation, TakesLong):
            return read_reports(body, grant, is_lines, client, most_new=QUICK_BYTES)
    return await in_store_thread(read_reports, body, grant, is_lines, client)


async def ingest_grant(headers: Headers) -> KeyGrant:
    """Raises ApiError 401, 403, or 503 within 5 s where the database is away."""
    key = key_of(header(headers, b"authorization"))
    try:
        return check(await find_for_writing(key), "ingest")
    except DatabaseError as error:
        raise store_unavailable(error) from error
