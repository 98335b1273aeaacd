"""PostgreSQL: of several servers that start at once, one migrates, the others wait."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from django.db import Error, connection

LOCK = 0x6D696772  # advisory; not the one of prune
ASK_SECONDS = 0.2
WAITS = "Another server is preparing the database: waiting until it is done."


@contextlib.contextmanager
def one_at_a_time(say: Callable[[str], object]) -> Iterator[None]:
    """Waits without end for who is at it, and says so once. The lock ends with the
    connection of who holds it. May be nested. SQLite has one server.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        has_said = False
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                break
            if not has_said:
                say(WAITS)
                has_said = True
            time.sleep(ASK_SECONDS)
    try:
        yield
    finally:
        # If the connection broke, that error is the one to raise, not this one.
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
