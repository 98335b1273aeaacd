"""Accepts new connections. Callers who wasted many of them wait for their turn.

This is done before uvloop sees a connection: it makes objects for each one before its
address can be asked.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvloop
from django.conf import settings

from budget_site.edge.connections import caller, refusals
from budget_site.edge.strangers import Strangers, strangers

AT_ONCE = 32  # connections in one turn of the event loop
PAUSE = 0.003  # after a turn that closed most of them: 0.3 ms of work, then others
FULL_PAUSE = 1.0  # where the process may open no more files
# Waiting connections hold a file and what the system has received for them.
WAITING_EACH, WAITING_ALL = 16, 256
WAITING_KNOWN = 64
_AT_ONCE_GONE = struct.pack("ii", 1, 0)  # SO_LINGER: nothing is kept of it
Serve = Callable[[socket.socket], None]


class FrontDoor:
    """Accepts from listening sockets. Guarantees that no turn of the event loop takes
    more than AT_ONCE connections, and that callers who waste theirs wait in a line of
    their own, closed without an answer where it is full.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listening: list[socket.socket],
        serve: Serve,
        guard: Strangers = strangers,
    ) -> None:
        self.sockets = listening
        self._loop, self._serve, self._guard = loop, serve, guard
        self._lines: dict[str, deque[socket.socket]] = {}
        self._waiting = 0
        self._timers: dict[Any, asyncio.TimerHandle] = {}
        for each in listening:
            each.setblocking(False)
            loop.add_reader(each, self._accept, each)

    def close(self) -> None:
        for each in self.sockets:
            self._loop.remove_reader(each)
            each.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for line in self._lines.values():
            for one in line:
                _drop(one)
        self._lines.clear()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: connections belong to their protocols."""

    def _accept(self, listening: socket.socket) -> None:
        dropped = 0
        for _ in range(AT_ONCE):
            try:
                one, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # too many open files: nobody else says so
                refusals.note(f"it could not be accepted: {error.strerror}", "")
                self._rest(listening, FULL_PAUSE)
                return
            dropped += not self._admit(one, address)
        if dropped * 2 > AT_ONCE:
            self._rest(listening, PAUSE)

    def _rest(self, listening: socket.socket, seconds: float) -> None:
        self._loop.remove_reader(listening)

        def again() -> None:
            del self._timers[listening]
            self._loop.add_reader(listening, self._accept, listening)

        self._timers[listening] = self._loop.call_later(seconds, again)

    def _admit(self, one: socket.socket, address: Any) -> bool:
        """Serve it now or later; False where it was closed."""
        host = address[0] if isinstance(address, tuple) else ""
        if not host or host in settings.PROXIES:
            self._serve(one)
            return True
        who = caller(host)
        line = self._lines.get(who)
        if line is None:
            seconds = self._guard.wait(who)
            if not seconds:
                self._serve(one)
                return True
            if self._waiting >= WAITING_ALL:
                _drop(one)
                return False
            line = self._lines[who] = deque()
            self._later(who, seconds)
        most = WAITING_KNOWN if self._guard.knows(who) else WAITING_EACH
        if len(line) >= most or self._waiting >= WAITING_ALL:
            _drop(one)
            return False
        line.append(one)
        self._waiting += 1
        return True

    def _later(self, who: str, seconds: float) -> None:
        self._timers[who] = self._loop.call_later(seconds, self._next, who)

    def _next(self, who: str) -> None:
        """Serve the first of a line that is still there."""
        del self._timers[who]
        line = self._lines[who]
        while line:
            if _is_gone(line[0]):  # it takes nobody's turn
                self._waiting -= 1
                _drop(line.popleft())
                continue
            seconds = self._guard.wait(who)
            if seconds:
                self._later(who, seconds)
                return
            self._waiting -= 1
            self._serve(line.popleft())
        del self._lines[who]


def _is_gone(one: socket.socket) -> bool:
    try:
        return not one.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:  # it has said nothing yet
        return False
    except OSError:
        return True


def _drop(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE_GONE)
    one.close()


class GuardedLoop(uvloop.Loop):
    """uvloop's event loop, with a FrontDoor before each of its TCP servers."""

    async def create_server(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        given = options.pop("sock", None)
        backlog = options.pop("backlog", 100)
        if given is not None:
            listening = [given.dup()]
        else:
            bound: Any = await super().create_server(
                protocol_factory, host, port, start_serving=False, **options
            )
            listening = [
                socket.socket(fileno=socket.dup(s.fileno())) for s in bound.sockets
            ]
            bound.close()
        for each in listening:
            each.listen(backlog)
        ssl = options.get("ssl")  # without it a port for TLS would answer plain text
        tasks: set[asyncio.Task[Any]] = set()

        def serve(one: socket.socket) -> None:
            one.setblocking(False)
            task = self.create_task(self._served(protocol_factory, one, ssl))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        return FrontDoor(self, listening, serve)

    async def _served(
        self, protocol_factory: Any, one: socket.socket, ssl: Any
    ) -> None:
        with suppress(OSError):  # it is gone already
            await self.connect_accepted_socket(protocol_factory, one, ssl=ssl)
