"""Asks for a key off the event loop, without a line behind a database that is away."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, connection

from tracker.api.keys.keyring import KeyGrant, keyring

# While the database is slow, a report with a key that was valid at the last look-up
# waits only so long for the next one. The writer checks the key in its transaction.
KNOWN_SECONDS = 0.5
# A separate thread: the one that Channels shares may be waiting for a statement, and
# each report would wait behind it.
_thread = ThreadPoolExecutor(1, thread_name_prefix="keys")


async def find_for_writing(key: str) -> KeyGrant | None:
    """The grant of a key whose reports the writer checks once more.

    Raises DatabaseError when nothing is known of the key and the database does not
    answer.
    """
    cached = keyring.cached(key)
    if cached is not None:
        return cached
    recent = keyring.recent(key)
    asked = asyncio.get_running_loop().run_in_executor(_thread, _find, key)
    if recent is None:
        return await asked
    try:
        return await asyncio.wait_for(asked, KNOWN_SECONDS)
    except (TimeoutError, DatabaseError):
        return recent


async def find_for_reading(key: str) -> KeyGrant | None:
    """The grant, not older than a second. Raises DatabaseError."""
    return await asyncio.get_running_loop().run_in_executor(_thread, _find, key)


def _find(key: str) -> KeyGrant | None:
    try:
        return keyring.find(key)
    finally:
        # Back to the pool, which looks whether it still lives before the next use.
        if connection.vendor != "sqlite":
            connection.close()
