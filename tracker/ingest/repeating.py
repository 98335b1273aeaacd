"""A thread of the server that repeats a step until it is stopped."""

from __future__ import annotations

import threading

from django.db import connection

from budget_site.database_file import is_another


def rest() -> None:
    """Call after each step that has queried, from its thread.

    PostgreSQL's connection is given back: else one of the pool would be held for ever.
    SQLite's stays open: opening it reads the whole schema, which took the thread of the
    alerts 8 ms of processor time a second. It is opened anew after an error, and where
    another file was put in its place.
    """
    if connection.vendor != "sqlite" or connection.errors_occurred or is_another():
        connection.close()


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
