"""Which session the calls of this moment belong to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("token_budget_session", default=None)


@contextmanager
def session(key: str) -> Iterator[None]:
    """Report every call inside under this session, also across await and threads
    that copy their context. The innermost one wins.
    """
    token = _current.set(key)
    try:
        yield
    finally:
        _current.reset(token)


def current_session() -> str | None:
    return _current.get()


def made_up_session() -> str:
    """For programs that name no session: one for each run of the program."""
    started = time.strftime("%Y%m%d-%H%M%S")
    return f"run-{started}-{os.getpid()}-{os.urandom(3).hex()}"
