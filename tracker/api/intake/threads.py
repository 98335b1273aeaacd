"""Runs work that may query in a thread, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection

from budget_site.postgresql.patience import patience
from tracker.api.errors import store_unavailable
from tracker.ingest.rows.store_trouble import raise_if_away

STORE_SECONDS = 4.0  # for a statement; clients wait 10 s, and the writer comes after


async def in_store_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Raises ApiError 503 when the database does not answer."""
    return await asyncio.to_thread(_run, function, arguments)


def _run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        if connection.vendor != "sqlite":
            raise_if_away()
        with patience(STORE_SECONDS):
            return function(*arguments)
    except DatabaseError as error:
        raise store_unavailable(error) from error
    finally:
        # A thread that kept its PostgreSQL connection would take it from others for
        # good. SQLite has no such limit, and opening a connection takes 1 ms.
        if connection.vendor != "sqlite":
            connection.close()
