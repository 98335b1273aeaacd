"""Decides whose call is next: projects in turn, and the keys of each in turn."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from tracker.workers.callers import (
    Caller,
    CallerLeft,
    NotWorkedOut,
    WorkersAway,
    WorkersBusy,
)

LOOK_SECONDS = 0.1  # how long it takes to see that a caller has left
STOPPING = "the server is stopping"


@dataclass(frozen=True, slots=True)
class Limits:
    """`at_once` calls work, of one project `at_once_of_project`; `places` more wait, of
    one project half and of one key a quarter of them, for at most `wait_seconds`.
    """

    at_once: int
    at_once_of_project: int
    places: int
    wait_seconds: float


@dataclass(eq=False, slots=True)
class _Ticket:
    caller: Caller
    is_called: threading.Event = field(default_factory=threading.Event)


_Keys = OrderedDict[int | None, deque[_Ticket]]


class Turns:
    """Gives turns to callers. A key with a hundred calls gets one turn when another key
    of its project gets one, and a project with a hundred keys one when another project
    does.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int | None, _Keys] = OrderedDict()
        self._count = 0  # of those that wait
        self._working: Counter[int | None] = Counter()
        self._is_stopped = False

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def take(self, caller: Caller) -> None:
        """Wait for a turn. Raises WorkersBusy, CallerLeft, and WorkersAway once
        `stop` was called.
        """
        ticket = _Ticket(caller)
        with self._lock:
            self._stand_in_line(ticket)
            self._call_next()
        until = time.monotonic() + self._limits.wait_seconds
        while not ticket.is_called.wait(LOOK_SECONDS):
            error: NotWorkedOut | None = None
            if self._is_stopped:
                error = WorkersAway(STOPPING)
            elif caller.has_left():
                error = CallerLeft("the caller left while it waited")
            elif time.monotonic() > until:
                error = WorkersBusy("it was not this call's turn in time")
            if error is not None and self._leave(ticket):
                raise error

    def give_back(self, caller: Caller) -> None:
        with self._lock:
            self._working[caller.project] -= 1
            self._call_next()

    def stop(self) -> None:
        """Nobody gets a turn any more."""
        with self._lock:
            self._is_stopped = True

    def _stand_in_line(self, ticket: _Ticket) -> None:
        if self._is_stopped:
            raise WorkersAway(STOPPING)
        caller, places = ticket.caller, self._limits.places
        keys = self._waiting.get(caller.project, _Keys())
        of_key = keys.get(caller.key, deque())
        of_project = sum(map(len, keys.values()))
        if (
            self._count >= places
            or of_project >= max(1, places // 2)
            or len(of_key) >= max(1, places // 4)
        ):
            raise WorkersBusy("too many calls wait for a worker")
        of_key.append(ticket)
        keys[caller.key] = of_key
        self._waiting[caller.project] = keys
        self._count += 1

    def _call_next(self) -> None:
        """Call who is next, as long as somebody may work."""
        if self._is_stopped:
            return
        most = self._limits.at_once_of_project
        for project in list(self._waiting):
            if self._working.total() >= self._limits.at_once:
                return
            if project is not None and self._working[project] >= most:
                continue
            keys = self._waiting[project]
            key = next(iter(keys))
            ticket = keys[key].popleft()
            self._tidy(project, key)
            if project in self._waiting:
                self._waiting.move_to_end(project)
                if key in keys:
                    keys.move_to_end(key)
            self._working[project] += 1
            ticket.is_called.set()

    def _leave(self, ticket: _Ticket) -> bool:
        """Take a ticket out of the line. False when it was called just now."""
        with self._lock:
            if ticket.is_called.is_set():
                return False
            caller = ticket.caller
            self._waiting[caller.project][caller.key].remove(ticket)
            self._tidy(caller.project, caller.key)
            return True

    def _tidy(self, project: int | None, key: int | None) -> None:
        """After a ticket was taken out."""
        self._count -= 1
        keys = self._waiting[project]
        if not keys[key]:
            del keys[key]
        if not keys:
            del self._waiting[project]
