"""PostgreSQL: of several servers that start at once, one migrates, the others wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from budget_site.postgresql.held_lock import held_lock

LOCK = 0x6D696772  # not the one of prune
WAITS = "Another server is preparing the database: waiting until it is done."


def one_at_a_time(say: Callable[[str], object]) -> AbstractContextManager[bool]:
    """Waits without end for who is at it, and says so once. The lock ends with the
    process of who holds it. May be nested. SQLite has one server.
    """
    return held_lock(LOCK, on_wait=lambda: say(WAITS))
