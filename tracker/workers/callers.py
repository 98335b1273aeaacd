"""For whom a worker works: callers share the workers fairly, and may leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


def _stays() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Caller:
    """`project` and `key` are ids. A command has neither; work after an answer has no
    key. `has_left` answers whether the caller has stopped waiting.
    """

    project: int | None = None
    key: int | None = None
    has_left: Callable[[], bool] = _stays


class NotWorkedOut(RuntimeError):
    """A worker gave no answer. Its kinds say why; nothing was done."""


class WorkersAway(NotWorkedOut):
    """No worker can answer: it was killed twice, or the server stops."""


class WorkersBusy(NotWorkedOut):
    """As many calls wait as may wait, or this one waited too long for its turn."""


class WorkTooLong(NotWorkedOut):
    """The work was stopped at its limit. The same call again would be, too."""


class CallerLeft(NotWorkedOut):
    """The caller has stopped waiting, so the work was stopped."""


_present: ContextVar[Caller] = ContextVar("caller")


def present_caller() -> Caller:
    return _present.get(Caller())


@contextmanager
def on_behalf_of(caller: Caller) -> Iterator[None]:
    """Workers asked in this block work for `caller`."""
    token = _present.set(caller)
    try:
        yield
    finally:
        _present.reset(token)
