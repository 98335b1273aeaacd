"""/mcp: the tools over streamable HTTP, by the protocol's official SDK.

An ASGI app ahead of Django. The key, the address and the sizes are checked here before
the SDK reads anything; the SDK checks the protocol and the tools' arguments. No session
of the protocol is kept: each request stands alone, in whatever process.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host

from tracker.api.errors import ApiError, store_unavailable
from tracker.api.intake.http import (
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    send_error,
)
from tracker.api.keys.access import check, key_of
from tracker.api.keys.asking import find_for_reading
from tracker.api.keys.keyring import KeyGrant
from tracker.api.keys.rate_limit import rate_limiter

PATH = "/mcp"
BODY_BYTES = 64 * 1024
MOST_DEPTH = 32  # a call of a tool has 4
_LONG_NUMBER = re.compile(rb"\d{1000}")  # Python reads 4,300 digits at most
AT_ONCE = 4  # of one key; an agent asks one after the other
_running: Counter[int] = Counter()


async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        headers = dict(scope["headers"])
        check_place(headers)
        grant = await _read_grant(headers)
        if scope["method"] != "POST":  # there is nothing to listen to, or to end
            raise ApiError(405, "method", "messages of MCP are sent with POST")
        body = await read_body(receive, headers, limit=BODY_BYTES)
        check_message(body)
        rate_limiter.take(grant, 1)
        with _one_more(grant):
            await _answer(scope, _again(body, receive), send, grant)
    except ApiError as error:
        await send_error(send, error)
    except ClientGone:
        return


def check_place(headers: Headers) -> None:
    """Raises ApiError 400 or 403.

    A page of somebody's site that has its own name point to this machine would come
    with that name as host, or as origin.
    """
    host, _ = split_domain_port(header(headers, b"host"))
    if not (host and validate_host(host, settings.ALLOWED_HOSTS)):
        raise ApiError(400, "host", "this host is not in TOKEN_BUDGET_ALLOWED_HOSTS")
    origin = header(headers, b"origin")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    if _host_of(origin) != header(headers, b"host"):
        raise ApiError(403, "origin", "another site's page must not ask this")


def check_message(body: bytes) -> None:
    """Raises ApiError 400 for what the SDK's parser and validator fail on: their 500
    would bring a traceback each time.
    """
    try:
        level = [msgspec.json.decode(body)]
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ApiError(400, "not_json", f"the message is no JSON: {error}") from error
    if _LONG_NUMBER.search(body):
        raise ApiError(400, "not_json", "a number has too many digits")
    for _ in range(MOST_DEPTH):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise ApiError(400, "not_json", "the message is nested too deeply")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # `http://[half` is no address
        return ""


async def _read_grant(headers: Headers) -> KeyGrant:
    key = key_of(header(headers, b"authorization"))
    try:
        return check(await find_for_reading(key), "read")
    except DatabaseError as error:
        raise store_unavailable(error) from error


@contextmanager
def _one_more(grant: KeyGrant) -> Iterator[None]:
    if _running[grant.key_id] >= AT_ONCE:
        raise ApiError(503, "busy", "this key asks much already", retry_after=1)
    _running[grant.key_id] += 1
    try:
        yield
    finally:
        _running[grant.key_id] -= 1
        if not _running[grant.key_id]:
            del _running[grant.key_id]


def _again(body: bytes, receive: Receive) -> Receive:
    """`receive` as if the body had not been read."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> dict[str, object]:
        return waiting.pop() if waiting else await receive()

    return read


async def _answer(scope: Scope, receive: Receive, send: Send, grant: KeyGrant) -> None:
    # In a thread, at the first request: the SDK takes half a second and 44 MB, which a
    # server that nobody asks for recall does without.
    answer = await asyncio.to_thread(_protocol)
    await answer(scope, receive, send, grant)


def _protocol() -> Callable[..., Awaitable[None]]:
    from tracker.api.mcp.protocol import answer

    return answer
