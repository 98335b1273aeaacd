"""Which session a call belongs to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("token_budget_session", default=None)


@contextmanager
def session(key: str) -> Iterator[None]:
    """Report every call inside under the session `key`; the innermost one wins.

    Also holds across `await`, and in threads that copy their context.
    """
    token = _current.set(key)
    try:
        yield
    finally:
        _current.reset(token)


def current_session() -> str | None:
    """The session of the innermost `with session(…)`; None outside of any."""
    return _current.get()


def made_up_session() -> str:
    """For a program that names no session: a new one for each client it makes, like
    `run-20261122-100000-4711-a1b2c3`.
    """
    started = time.strftime("%Y%m%d-%H%M%S")
    return f"run-{started}-{os.getpid()}-{os.urandom(3).hex()}"
