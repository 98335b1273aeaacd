"""What happens to senders when the process forks, and when it ends."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from multiprocessing import util
from typing import Any, Protocol

EXIT_SECONDS = 2.0  # for all senders of the process together


class Living(Protocol):
    """`hurry` sends now what waits; `close` waits for that at most `seconds`; `reset`
    makes a forked child's copy like new.
    """

    def hurry(self) -> None: ...

    def close(self, seconds: float) -> None: ...

    def reset(self) -> None: ...


_alive: weakref.WeakSet[Living] = weakref.WeakSet()


def begin(living: Living) -> None:
    """Close `living` when the process ends, and reset it in a forked child."""
    _alive.add(living)
    _close_at_end_of_worker()
    util.register_after_fork(living, _close_at_end_of_worker)


def end(living: Living) -> None:
    _alive.discard(living)


def _close_all() -> None:
    # All at once: with a server that hangs, ten clients that are closed one after
    # the other would hold up the end of the program for twenty seconds.
    ends_at = time.monotonic() + EXIT_SECONDS
    all_alive = list(_alive)
    for living in all_alive:
        living.hurry()
    for living in all_alive:
        living.close(max(0.0, ends_at - time.monotonic()))


_process_with_finalizer = 0


def _close_at_end_of_worker(_living: Any = None) -> None:
    """A worker of multiprocessing ends with os._exit, which runs nothing of atexit.

    Its reports would be lost. It runs finalizers, but forgets those of its parent
    when it starts: it gets one of its own, once.
    """
    global _process_with_finalizer
    if _process_with_finalizer != os.getpid():
        _process_with_finalizer = os.getpid()
        util.Finalize(None, _close_all, exitpriority=0)


def _reset_all() -> None:
    for living in list(_alive):
        living.reset()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
