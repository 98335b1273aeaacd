"""PostgreSQL connections that give up on a server that does not answer.

A server that is frozen, or cut off by the network, closes no connection. Without a
limit of ours every page and every report would wait for it without end.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

ANSWER_SECONDS = 20.0  # one statement of a page or an export
CHECK_SECONDS = 2.0  # an empty one


class PatientConnection(psycopg.Connection[Any]):
    """In a serving process no statement waits longer than `answer_seconds`.

    Then it raises OperationalError and the connection is closed. `answer_seconds` may
    be set per connection; the pool sets it back.
    """

    is_serving = False  # a command waits: a migration may take minutes
    answer_seconds = ANSWER_SECONDS

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        """Wait less for the empty statement, by which the pool checks a connection."""
        if query != "":
            return super().execute(query, *args, **options)
        usual, self.answer_seconds = self.answer_seconds, CHECK_SECONDS
        try:
            return super().execute(query, *args, **options)
        finally:
            self.answer_seconds = usual

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        if self.is_serving:
            gen = self._bounded(gen)
        return super().wait(gen, *args, **options)

    def _bounded(self, gen: Any) -> Generator[Any, Any, Any]:
        """As `gen`, but raise OperationalError when nothing comes in time.

        psycopg resumes it every 0.1 s, with 0 while the socket has nothing to read.
        """
        until = time.monotonic() + self.answer_seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until:
                    # A late reply must not reach the next statement.
                    self.close()
                    raise psycopg.OperationalError(
                        f"the server has not answered for {self.answer_seconds:g} s"
                    )
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


def be_impatient() -> None:
    """Call in a process that serves: from now on its statements have a limit."""
    PatientConnection.is_serving = True


def be_patient_again(connection: PatientConnection) -> None:
    """Set a connection's limit back as it returns to the pool."""
    connection.answer_seconds = ANSWER_SECONDS
