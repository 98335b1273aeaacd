"""A server's own thread that takes a step again and again until it is stopped."""

from __future__ import annotations

import threading

from django.db import connection


class RepeatingThread(threading.Thread):
    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._stopped = threading.Event()

    def step(self) -> float:
        """Answers the seconds until the next one. Its failures are its own to handle:
        one that is raised ends the thread.
        """
        raise NotImplementedError

    def run(self) -> None:
        pause = 0.0
        try:
            while not self._stopped.wait(pause):
                pause = self.step()
        finally:
            connection.close()  # this thread's

    def stop(self, timeout: float = 10.0) -> None:
        self._stopped.set()
        if self.is_alive():
            self.join(timeout)
