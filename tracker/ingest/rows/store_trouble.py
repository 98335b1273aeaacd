"""What a database's error means: is it away, may it be tried again, what to say."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    connection,
)
from django.db import OperationalError as Operational

from budget_site.postgresql.patience import patience

AWAY_SECONDS = 1.0
NOT_STORED = "nothing of this was stored"
NOT_KNOWN = "whether this was stored is unknown: send it again with the same event_id"
# Words of SQLite's and PostgreSQL's messages -> what is wrong, what to do.
_TROUBLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("was replaced",),
        "the database file was replaced or removed while the server ran: stop the "
        "server, put the right file in place with manage.py restore, start it again",
    ),
    (
        ("malformed", "not a database"),
        "the database file is damaged: stop the server, keep a copy of the file, and "
        "put a backup in place with manage.py restore",
    ),
    (
        ("disk is full", "no space left", "could not extend file"),
        "the database disk is full: free some space",
    ),
    (
        ("readonly database", "read-only transaction", "unable to open database"),
        "the database is read-only: let the server write to its file and folder",
    ),
    (
        ("is locked", "lock timeout"),
        "another program has locked the database: wait for it or stop it",
    ),
    (
        ("disk i/o error",),
        "the database disk takes no writes: it is full or failing",
    ),
    (
        ("couldn't get a connection",),
        "the database server does not answer, or all connections are in use: check "
        "that it runs; if it does, raise TOKEN_BUDGET_DB_CONNECTIONS",
    ),
    (
        ("server", "connection", "connect"),
        "the database server does not answer: check that it runs and is reachable",
    ),
)


# The database works, but cannot hold the report.
UNSTORABLE = (DataError, IntegrityError, OverflowError, ValueError)


def is_away(error: BaseException) -> bool:
    """Whether the database refuses everything, not just one report."""
    if connection.vendor == "sqlite":
        return isinstance(error, Operational)
    return isinstance(error, Operational | InterfaceError | InternalError)


DEADLOCKS = ("40P01", "40001")  # PostgreSQL: deadlock, serialization failure


def is_deadlock(error: BaseException) -> bool:
    """Whether PostgreSQL ended this transaction for another one: it may be tried again
    at once.
    """
    return getattr(error.__cause__, "sqlstate", None) in DEADLOCKS


def is_of_missing_row(error: BaseException) -> bool:
    """Whether a row names another one that was deleted meanwhile."""
    if not isinstance(error, IntegrityError):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return sqlstate == "23503" or "FOREIGN KEY" in str(error)


def trouble(error: BaseException) -> str:
    """A sentence without its full stop: what is wrong, and what to do."""
    text = str(error).lower()
    for words, sentence in _TROUBLES:
        if any(word in text for word in words):
            return sentence
    return "the database takes no writes now: the server's log says why"


def unstored(error: BaseException, *, is_partly: bool = False) -> str:
    """The same, with what became of the reports that met it. `is_partly`: some of
    them were committed before.
    """
    # PostgreSQL may have committed although its answer did not arrive.
    is_known = connection.vendor == "sqlite" and not is_partly
    return f"{trouble(error)}; {NOT_STORED if is_known else NOT_KNOWN}"


_failure: tuple[float, str] | None = None  # when PostgreSQL was away last, and why
_answered = 0.0  # when it last answered


@contextlib.contextmanager
def answers_within(seconds: float) -> Iterator[None]:
    """Give PostgreSQL so long for each statement in here, and remember for AWAY_SECONDS
    that it did not answer: who comes meanwhile is told at once. Without that they wait
    in line for the same attempt, each as long as the first.

    Only for reads that a working database answers at once. SQLite needs no limit: it
    answers, or says that it is locked.
    """
    global _failure
    if connection.vendor == "sqlite":
        yield
        return
    raise_if_away()
    began = time.monotonic()
    try:
        with patience(seconds):
            yield
    except DatabaseError as error:
        # One who began to wait while it was away may give up after it came back, and
        # would refuse those whom it answers again.
        if is_away(error) and _answered < began:
            _failure = (time.monotonic(), str(error))
        # Outside of a request nobody else closes it: the next call would use a dead
        # connection.
        connection.close()
        raise
    database_answered()


def database_answered() -> None:
    """Forget that it was away. Call after a read that worked."""
    global _failure, _answered
    _answered = time.monotonic()
    _failure = None


def raise_if_away() -> None:
    """OperationalError where the database did not answer a moment ago."""
    failure = _failure
    if failure is not None and time.monotonic() - failure[0] < AWAY_SECONDS:
        raise Operational(failure[1])
