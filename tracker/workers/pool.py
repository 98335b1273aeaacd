"""The worker processes of this server: one lane for its own work, one for summarisers.

A compression takes up to seconds of pure Python. In the server's own process it would
hold the GIL, and no report could be taken meanwhile.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection

from tracker.workers.callers import WorkersAway, present_caller
from tracker.workers.lane import Lane, TakenTurn
from tracker.workers.turns import STOPPING, Limits
from tracker.workers.watch import watch

Result = TypeVar("Result")
OWN, SUMMARISERS = "own", "summarisers"
STOP_SECONDS = 3.0  # for calls to finish when the server stops
_lock = threading.Lock()
_lanes: dict[str, Lane] = {}
_is_stopping = False
_own: ContextVar[TakenTurn | None] = ContextVar("own turn", default=None)


def run_in_worker(
    function: Callable[..., Result], *args: Any, lane: str = OWN
) -> Result:
    """Call an importable function in a worker and wait. Its exceptions come back.

    It works for `present_caller`. Raises WorkersAway, WorkersBusy, WorkTooLong and
    CallerLeft. `lane` SUMMARISERS is for calls that ask a foreign program: if it stays
    silent, calls of the other lane go on.
    """
    if connection.vendor != "sqlite":
        close_old_connections()  # others can use the connection while this waits
    caller, found, own = present_caller(), _lane(lane), _own.get()
    with watch.call(WorkersAway):
        if own is not None and not own.is_over:
            if lane == OWN:
                answer: Result = found.call(caller, function, args)
                return answer
            own.give_back()  # lets others work while a summariser is asked
        turn = found.turn(caller)
        try:
            answer = found.call(caller, function, args)
            return answer
        finally:
            turn.give_back()


@contextmanager
def own_turn() -> Iterator[None]:
    """Wait for a turn first; `run_in_worker` in this block needs none.

    For who must hold much memory to ask: it is read when the turn has come, and until
    then it stays on the disk.
    """
    turn = _lane(OWN).turn(present_caller())
    token = _own.set(turn)
    try:
        yield
    finally:
        _own.reset(token)
        turn.give_back()


def begin_stop() -> None:
    """Refuse new calls, and let those that run end in STOP_SECONDS. Returns at once."""
    global _is_stopping
    _is_stopping = True
    threading.Thread(
        target=_stop, args=(STOP_SECONDS,), name="stop workers", daemon=True
    ).start()


def stop_workers() -> None:
    """End all workers now. A later call starts new ones."""
    global _is_stopping
    _stop(0)
    with _lock:
        _lanes.clear()
        _is_stopping = False


def _stop(grace_seconds: float) -> None:
    with _lock:
        lanes = list(_lanes.values())
    stoppers = [
        threading.Thread(target=lane.stop, args=(grace_seconds,), daemon=True)
        for lane in lanes
    ]
    for stopper in stoppers:
        stopper.start()
    for stopper in stoppers:
        stopper.join()


def _lane(name: str) -> Lane:
    with _lock:
        if _is_stopping:
            raise WorkersAway(STOPPING)
        if name not in _lanes:
            _lanes[name] = _new_lane(name)
        return _lanes[name]


def _new_lane(name: str) -> Lane:
    is_own = name == OWN
    workers = settings.COMPRESSION_WORKERS if is_own else settings.SUMMARISER_WORKERS
    # One project never has all workers, unless there is only one.
    most = workers - 1 if is_own else workers // 4
    limits = Limits(
        at_once=workers,
        at_once_of_project=max(1, most),
        places=settings.COMPRESSION_QUEUE,
        wait_seconds=2 * settings.COMPRESSION_SECONDS,
    )
    seconds = settings.COMPRESSION_SECONDS if is_own else settings.SUMMARISER_SECONDS
    return Lane(limits, seconds=seconds, most_idle=workers if is_own else 1)


# A command ends its workers itself: Python only waits for them.
atexit.register(stop_workers)
