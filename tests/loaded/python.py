"""Python processes over the product that need not load it: they are forked.

`run` and `Forked` are `subprocess.run` and `subprocess.Popen` of this interpreter, for
tests of what the product does when it runs. Tests of how it starts start Python.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


class _Loaded:
    """The process of tests/loaded/process.py. It ends when this one has ended."""

    def __init__(self) -> None:
        # One at a time: some tests start a server from a thread.
        self._one_at_a_time = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._data = tempfile.TemporaryDirectory(prefix="tb-loaded-")
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
            "PYTHONPATH": str(ROOT),
            "TOKEN_BUDGET_DATA": self._data.name,
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.loaded.process", str(theirs.fileno())],
                cwd=ROOT, env=environment, pass_fds=[theirs.fileno()],
            )  # fmt: skip
        assert self._socket.recv(10) == b"{}", "the product could not be loaded"
        atexit.register(self._end)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait(60)
        self._data.cleanup()

    def ask(self, request: Mapping[str, Any], files: Sequence[int] = ()) -> int:
        with self._one_at_a_time:
            socket.send_fds(self._socket, [json.dumps(request).encode()], files)
            return int(json.loads(self._socket.recv(100)))


_first_of_two_threads = threading.Lock()
_made: list[_Loaded] = []


def _loaded() -> _Loaded:
    with _first_of_two_threads:
        if not _made:
            _made.append(_Loaded())
        return _made[0]


class Forked:
    """A process that runs `python *arguments`. Its end is waited for, never polled."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        stdout: IO[Any],
        stderr: IO[Any],
    ) -> None:
        request = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(ROOT),
        }
        with open(os.devnull, "rb") as nothing:
            files = [file.fileno() for file in (nothing, stdout, stderr)]
            self.pid = _loaded().ask(request, files)
        self.returncode: int | None = None
        self._ends = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        if self.returncode is None:
            ends = select.poll()
            ends.register(self._ends, select.POLLIN)
            if ends.poll(0):
                self._note_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises subprocess.TimeoutExpired after so many seconds."""
        if self.returncode is None:
            ends = select.poll()
            ends.register(self._ends, select.POLLIN)
            if not ends.poll(None if timeout is None else timeout * 1_000):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._note_end()
        assert self.returncode is not None
        return self.returncode

    def _note_end(self) -> None:
        self.returncode = _loaded().ask({"ended": self.pid})
        os.close(self._ends)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def run(
    arguments: Sequence[str], *, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What it printed, and its exit status."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        status = Forked(
            arguments, environment=environment, stdout=out, stderr=err
        ).wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess([*arguments], status, out.read(), err.read())
