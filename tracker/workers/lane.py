"""A lane: worker processes of one kind, and the line of those who wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tracker.workers.callers import Caller, CallerLeft, WorkersAway, WorkTooLong
from tracker.workers.process import ProcessEnded, WorkerProcess
from tracker.workers.turns import STOPPING, Limits, Turns

# A process gives the memory of large conversations back when it ends.
MOST_CALLS = 200


class TakenTurn:
    """A turn that was waited for. It is given back once."""

    def __init__(self, turns: Turns, caller: Caller) -> None:
        self._turns = turns
        self._caller = caller
        self.is_over = False

    def give_back(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._turns.give_back(self._caller)


class Lane:
    """Calls functions in worker processes, each within `seconds`.

    A process that was killed is replaced, one that is late is killed, and after
    MOST_CALLS a new one takes over, between two calls. At most `most_idle` wait for
    work.
    """

    def __init__(self, limits: Limits, *, seconds: float, most_idle: int) -> None:
        self._turns = Turns(limits)
        self._seconds = seconds
        self._most_idle = most_idle
        self._changed = threading.Condition()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()

    def turn(self, caller: Caller) -> TakenTurn:
        """Wait until it is the caller's turn. Then `call` may be used until the turn
        is given back.
        """
        self._turns.take(caller)
        return TakenTurn(self._turns, caller)

    def call(
        self, caller: Caller, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> Any:
        """Its exceptions come back. Raises WorkersAway, WorkTooLong and CallerLeft."""

        def check() -> None:
            if caller.has_left():
                raise CallerLeft("the caller left before the answer")

        for _ in range(2):
            process = self._taken()
            is_usable = False
            try:
                answer = process.call(
                    function, args, seconds=self._seconds, check=check
                )
                is_usable = True
                return answer
            except ProcessEnded:
                continue
            except TimeoutError as error:
                if _came_from_there(error):
                    is_usable = True
                    raise
                raise WorkTooLong(
                    f"this took more than {self._seconds:g} seconds and was stopped: "
                    "send fewer messages"
                ) from None
            except CallerLeft:
                raise
            except Exception:
                is_usable = True  # the function's own
                raise
            finally:
                self._put_back(process, is_usable=is_usable)
        raise WorkersAway("the worker was killed twice; it may need more memory")

    def stop(self, grace_seconds: float) -> None:
        """End all processes: within the grace those that finish, then the others."""
        self._turns.stop()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, grace_seconds)
            busy = list(self._busy)
            idle, self._idle = self._idle, []
        for process in busy:
            process.kill()  # its caller ends it and gets an error
        for process in idle:
            process.end()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, 3.0)

    def _taken(self) -> WorkerProcess:
        with self._changed:
            if self._turns.is_stopped:
                raise WorkersAway(STOPPING)
            process = self._idle.pop() if self._idle else WorkerProcess()
            self._busy.add(process)
            return process

    def _put_back(self, process: WorkerProcess, *, is_usable: bool) -> None:
        with self._changed:
            is_kept = (
                is_usable
                and process.calls < MOST_CALLS
                and len(self._idle) < self._most_idle
                and not self._turns.is_stopped
            )
            if is_kept:
                self._idle.append(process)
        try:
            if not is_kept:
                process.end()
        finally:
            with self._changed:
                self._busy.discard(process)
                self._changed.notify_all()


def _came_from_there(error: BaseException) -> bool:
    return error.__cause__ is not None
