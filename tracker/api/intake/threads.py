"""Work off the event loop that may ask the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection

from tracker.api.errors import store_unavailable


async def in_store_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Raises ApiError 503 where the store does not answer."""
    return await asyncio.to_thread(_run, function, arguments)


def _run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*arguments)
    except DatabaseError as error:
        raise store_unavailable(error) from error
    finally:
        # A thread of the pool would keep its connection for good, and starve others.
        # SQLite has enough of them, and opening one takes a millisecond.
        if connection.vendor != "sqlite":
            connection.close()
