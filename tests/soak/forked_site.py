"""A site whose server starts in a twentieth of the time: it is forked, ready loaded."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.site_process import ROOT, START_SECONDS, SiteProcess

SAY_NOTHING = ("verify", "prune")
READY = b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"


class ForkedSite(SiteProcess):
    """As SiteProcess. `start` and `manage` fork a process that has loaded the product
    (tests/soak/forking.py), so a thousand kills are a thousand servers and one load.
    """

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self._loaded: subprocess.Popen[str] | None = None
        self._server_pid = 0

    @property
    def pid(self) -> int:
        return self._server_pid

    def manage(self, *arguments: str) -> str:
        """ "" where it went well. Raises AssertionError with the log where not."""
        if arguments[0] not in SAY_NOTHING:
            return super().manage(*arguments)
        began = self.log.stat().st_size if self.log.exists() else 0
        status = self._ask(f"wait {self._ask('run ' + ' '.join(arguments))}")
        with open(self.log) as log:
            log.seek(began)
            assert status == "0", log.read()[-3000:]
        return ""

    def start(self) -> None:
        self._server_pid = int(self._ask(f"serve {self.port}"))
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            assert psutil.pid_exists(self._server_pid), self.log.read_text()[-2000:]
            time.sleep(0.01)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._server_pid:
            with suppress(ProcessLookupError):
                psutil.Process(self._server_pid).send_signal(how)
            self._ask(f"wait {self._server_pid}")
            self._server_pid = 0

    def set_clock(self, seconds: int) -> None:
        """So much later than it is, for the server and for commands; 0 is right."""
        self._ask(f"clock {seconds}")

    def close(self) -> None:
        self.end()
        if self._loaded is not None:
            self._loaded.communicate(timeout=30)
            self._loaded = None

    def _answers(self) -> bool:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 60) as one,
        ):
            one.sendall(
                b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
            )
            return b" 200 " in one.recv(100)
        return False

    def _ask(self, line: str) -> str:
        if self._loaded is None:
            with open(self.log, "ab") as log:
                self._loaded = subprocess.Popen(
                    [sys.executable, "-m", "tests.soak.forking"],
                    cwd=ROOT, env=self._environment, text=True, bufsize=1,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
            assert self._said() == "ready"
        assert self._loaded.stdin is not None
        self._loaded.stdin.write(line + "\n")
        return self._said()

    def _said(self) -> str:
        assert self._loaded is not None and self._loaded.stdout is not None
        said = self._loaded.stdout.readline().strip()
        assert said, self.log.read_text()[-3000:]
        return said
