"""A thread of the server that repeats a step until it is stopped."""

from __future__ import annotations

import threading

from django.db import connection


class RepeatingThread(threading.Thread):
    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._stopped = threading.Event()

    def step(self) -> float:
        """Do the work once; answer the seconds until the next time. An exception ends
        the thread, so handle what may fail.
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
