"""Refuses bodies before Django takes them into memory or onto the disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError

from tracker.api.errors import ApiError, store_unavailable, too_large
from tracker.api.intake.http import (
    App,
    Headers,
    Receive,
    Scope,
    Send,
    announced_size,
    header,
    send_error,
)
from tracker.api.keys.access import key_of, usable
from tracker.api.keys.asking import find_for_reading

API = "/api/"


class _Forms:
    """The bytes of all forms that are being received: anybody may send one."""

    held = 0


async def with_body_limit(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve by `app`, or answer what is wrong with the body before it is read.

    Django reads a body of any size into its temporary folder before a view sees the
    key. Here a body of the API needs a valid key first (401), a page's has at most
    1 MiB, and all pages' together 64 MiB (503).
    """
    headers = dict(scope["headers"])
    if not _has_body(headers):
        await app(scope, receive, send)
        return
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    is_page = not path.startswith(API)
    limit = settings.PAGE_BODY_BYTES if is_page else settings.OPTIMIZE_BODY_BYTES
    try:
        if announced_size(headers) > limit:
            raise too_large(limit)
        if not is_page:
            await _check_key(headers)
    except ApiError as error:
        await send_error(send, error)
        return
    body = _Limited(receive, send, limit, is_page)
    try:
        await app(scope, body.receive, body.send)
        if body.problem is not None and not body.has_started:
            await send_error(send, body.problem)
    finally:
        _Forms.held -= body.counted


def _has_body(headers: Headers) -> bool:
    return announced_size(headers) > 0 or b"transfer-encoding" in headers


async def _check_key(headers: Headers) -> None:
    """Raises ApiError 401. The key's scope is looked at later, by the address."""
    try:
        usable(await find_for_reading(key_of(header(headers, b"authorization"))))
    except DatabaseError as error:
        raise store_unavailable(error) from error


class _Limited:
    """A body that ends where it becomes too large: Django then discards what it has."""

    def __init__(self, receive: Receive, send: Send, limit: int, is_page: bool) -> None:
        self._receive, self._send, self._limit = receive, send, limit
        self._is_page = is_page
        self._size = 0
        self.counted = 0
        self.problem: ApiError | None = None
        self.has_started = False

    async def receive(self) -> dict[str, Any]:
        message = await self._receive()
        size = len(message.get("body", b""))
        self._size += size
        if self._size > self._limit:
            self.problem = too_large(self._limit)
        elif self._is_page:
            self.counted += size
            _Forms.held += size
            if _Forms.held > settings.PAGE_BODIES_BYTES:
                self.problem = ApiError(
                    503, "busy", "too many forms are being sent", retry_after=5
                )
        return message if self.problem is None else {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.has_started = True
        await self._send(message)
