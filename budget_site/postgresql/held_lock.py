"""PostgreSQL: locks of the whole database, held as long as a piece of work takes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper

ASK_SECONDS = 0.2
_held: ContextVar[frozenset[int]] = ContextVar("held", default=frozenset())


@contextlib.contextmanager
def held_lock(
    number: int, *, on_wait: Callable[[], object] | None = None
) -> Iterator[bool]:
    """Whether the lock is held in here. Another process holds it: with `on_wait`, which
    is called once, this one waits without end, else the answer is False.

    May be nested. The lock ends with its process. SQLite has one server: there it is
    always held.

    It belongs to a transaction on a connection of its own. A lock of a session does not
    do: behind PgBouncer in transaction mode each transaction has another session, so
    the lock would stay with one that a stranger works in, and never be given back.
    """
    if connection.vendor != "postgresql" or number in _held.get():
        yield True
        return
    holder = connection.copy()
    holder.set_autocommit(False)
    has_waited = False
    try:
        while not (is_held := _try(holder, number)) and on_wait is not None:
            holder.rollback()  # gives the pooler its connection back
            if not has_waited:
                on_wait()
                has_waited = True
            # Ask again instead of waiting in PostgreSQL: a statement that waits would
            # occupy one of the pooler's connections.
            time.sleep(ASK_SECONDS)
        token = _held.set(_held.get() | {number}) if is_held else None
        try:
            yield is_held
        finally:
            if token is not None:
                _held.reset(token)
    finally:
        # If the connection broke, the error of the work is the one to raise, not this.
        with contextlib.suppress(Error):
            holder.rollback()
        holder.close()


def _try(holder: BaseDatabaseWrapper, number: int) -> bool:
    with holder.cursor() as cursor:
        # This transaction is idle while the work runs on another connection. A server
        # with an idle timeout would end it, and release the lock too early.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
