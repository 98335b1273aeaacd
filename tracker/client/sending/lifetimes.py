"""What must happen to senders when the process forks, and when it ends."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Protocol


class Living(Protocol):
    """`close` sends what waits; `reset` makes a child's copy a fresh one."""

    def close(self) -> None: ...

    def reset(self) -> None: ...


_alive: weakref.WeakSet[Living] = weakref.WeakSet()


def begin(living: Living) -> None:
    _alive.add(living)


def end(living: Living) -> None:
    _alive.discard(living)


def _close_all() -> None:
    for living in list(_alive):
        living.close()


def _reset_all() -> None:
    for living in list(_alive):
        living.reset()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
