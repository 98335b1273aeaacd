"""PostgreSQL connections that do not wait for ever for a server that says nothing.

A server that was stopped, or cut off without a goodbye, answers no more and closes
nothing: without this every page and every report would hang with it.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

ANSWER_SECONDS = 20.0  # one statement of a page or an export
CHECK_SECONDS = 2.0  # an empty one


class PatientConnection(psycopg.Connection[Any]):
    """`answer_seconds` may be set per connection."""

    is_serving = False  # commands wait: a migration may take its time
    answer_seconds = ANSWER_SECONDS

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        """The pool asks "" of a connection before it gives it away: does it live?"""
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
        """The same, but an OperationalError when nothing comes in time. psycopg asks
        each 0.1 s, and sends 0 where nothing is ready.
        """
        until = time.monotonic() + self.answer_seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until:
                    # Closed: what was asked may still be answered to somebody else.
                    self.close()
                    raise psycopg.OperationalError(
                        f"the server has not answered for {self.answer_seconds:g} s"
                    )
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


def be_impatient() -> None:
    """This process serves: from now on its statements have a limit."""
    PatientConnection.is_serving = True


def be_patient_again(connection: PatientConnection) -> None:
    """Back in the pool a connection has the limit of all."""
    connection.answer_seconds = ANSWER_SECONDS
