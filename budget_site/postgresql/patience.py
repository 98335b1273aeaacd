"""How long work waits for PostgreSQL. Imports no driver, so SQLite needs none."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from contextvars import ContextVar

_patience: ContextVar[float] = ContextVar("patience", default=math.inf)


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """No statement in here waits longer, on whichever PostgreSQL connection."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


def at_most(seconds: float) -> float:
    """`seconds`, or less where the work around has less patience."""
    return min(seconds, _patience.get())
