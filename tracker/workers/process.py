"""One worker process, with a socket of its own to its server.

`ProcessPoolExecutor` can stop for ever where it replaces a worker (cpython#115634), and
the processes of a pool share the locks of its queues: one that is killed inside such a
lock stops the others. Here nothing is shared, and every wait has a limit.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

START_SECONDS = 60.0  # for Python and its modules, also on a machine that is busy
LOOK_SECONDS = 0.1
_READY = b"r"
_LENGTH = struct.Struct("!Q")
_CHUNK = 1 << 20
_start_lock = threading.Lock()


class ProcessEnded(Exception):
    """The process ended, was killed, or broke off in the middle of an answer."""


class FailedThere(Exception):
    """The cause of an error that came from a worker: the traceback there."""


class WorkerProcess:
    """Calls importable functions one after the other, with plain data."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        # Not fork: a child would inherit locks that other threads hold.
        context = multiprocessing.get_context("spawn")
        self._process: BaseProcess = context.Process(
            target=_serve, args=(there,), name="compression worker", daemon=True
        )
        self._socket = here
        self._socket.settimeout(LOOK_SECONDS)
        self._is_ready = False
        self.calls = 0
        with _start_lock:
            self._process.start()
        there.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        seconds: float,
        check: Callable[[], None],
    ) -> Any:
        """The function's answer; its exceptions are raised here.

        Raises TimeoutError after `seconds`, ProcessEnded, and what `check` raises,
        which is called every 0.1 s. After these only `end` may be called.
        """
        if not self._is_ready:
            self._read(1, _Watch(START_SECONDS, check))
            self._is_ready = True
        self.calls += 1
        watch = _Watch(seconds, check)
        self._write(ForkingPickler.dumps((function, args)), watch)
        size = _LENGTH.unpack(self._read(_LENGTH.size, watch))[0]
        is_error, answer = ForkingPickler.loads(self._read(size, watch))
        if not is_error:
            return answer
        error, trace = answer
        raise error from FailedThere(trace)

    def end(self) -> None:
        """End it within about 2 seconds, also in the middle of a call."""
        self._socket.close()  # an idle one ends by that
        for stop in (None, self._process.terminate, self._process.kill):
            if stop is not None:
                stop()
            self._process.join(0.2 if stop is None else 1.0)
            if not self._process.is_alive():
                return

    def kill(self) -> None:
        """End it now. Who waits for its answer gets ProcessEnded."""
        self._process.kill()

    def _write(self, data: memoryview, watch: _Watch) -> None:
        for part in (_LENGTH.pack(data.nbytes), data):
            rest = memoryview(part)
            while rest:
                rest = rest[watch.of(self._socket.send, rest[:_CHUNK]) :]

    def _read(self, size: int, watch: _Watch) -> bytearray:
        found = bytearray()
        while len(found) < size:
            part = watch.of(self._socket.recv, min(_CHUNK, size - len(found)))
            if not part:
                raise ProcessEnded
            found += part
        return found


class _Watch:
    """Repeats a step of the socket until it is done, the time is over, or a check
    raises.
    """

    def __init__(self, seconds: float, check: Callable[[], None]) -> None:
        self._until = time.monotonic() + seconds
        self._check = check

    def of(self, step: Callable[[Any], Any], argument: Any) -> Any:
        while True:
            if time.monotonic() > self._until:
                raise TimeoutError
            try:
                return step(argument)
            except TimeoutError:
                self._check()
            except OSError as error:
                raise ProcessEnded from error


def _serve(server: socket.socket) -> None:
    """The life of a worker process: until its server closes the socket."""
    _begin()
    with server, server.makefile("rwb") as stream:
        stream.write(_READY)
        stream.flush()
        while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
            function, args = ForkingPickler.loads(stream.read(_LENGTH.unpack(head)[0]))
            answer = _answer(function, args)
            del args  # of a large conversation
            stream.write(_LENGTH.pack(answer.nbytes))
            stream.write(answer)
            stream.flush()


def _answer(function: Callable[..., Any], args: tuple[Any, ...]) -> memoryview:
    try:
        return ForkingPickler.dumps((False, function(*args)))
    except Exception as error:  # noqa: BLE001 - raised at who asked
        trace = traceback.format_exc()
        try:
            answer = ForkingPickler.dumps((True, (error, trace)))
            ForkingPickler.loads(answer)
        except Exception:  # noqa: BLE001 - somebody else's error that cannot travel
            plain = RuntimeError(f"{type(error).__name__}: {error}")
            return ForkingPickler.dumps((True, (plain, trace)))
        return answer


def _begin() -> None:
    """Lower priority than the server: reports come first."""
    os.nice(10)
    # Ctrl-C goes to every process of the terminal; the server stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()


def _end_with_parent() -> None:
    """End when the server ends, also when it is killed while this one works."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
