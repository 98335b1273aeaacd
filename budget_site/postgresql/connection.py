"""PostgreSQL connections that give up on a server that does not answer.

A server that is frozen, or cut off by the network, closes no connection. Without a
limit of ours every page and every report would wait for it without end.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

from budget_site.postgresql.patience import at_most

STATEMENT_SECONDS = 20.0  # one statement of a page or an export
CHECK_SECONDS = 2.0  # an empty one


class TimedConnection(psycopg.Connection[Any]):
    """In a serving process no statement waits longer than `statement_timeout` seconds.

    After that it raises OperationalError and the connection is closed. The timeout may
    be set per connection; the pool sets it back. PostgreSQL's own statement_timeout
    does not do: a server that is frozen does not end its statements.
    """

    is_serving = False  # a command waits: a migration may take minutes
    statement_timeout = STATEMENT_SECONDS

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        """Wait less for the empty statement, by which the pool checks a connection."""
        if query != "":
            return super().execute(query, *args, **options)
        usual, self.statement_timeout = self.statement_timeout, CHECK_SECONDS
        try:
            return super().execute(query, *args, **options)
        finally:
            self.statement_timeout = usual

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        if self.is_serving:
            gen = self._bounded(gen)
        return super().wait(gen, *args, **options)

    def _bounded(self, gen: Any) -> Generator[Any, Any, Any]:
        """As `gen`, but raise OperationalError when nothing comes in time.

        psycopg resumes it every 0.1 s, with 0 while the socket has nothing to read.
        """
        limit = at_most(self.statement_timeout)
        until = time.monotonic() + limit
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until:
                    # A late reply must not reach the next statement.
                    self.close()
                    raise psycopg.OperationalError(
                        f"the server has not answered for {limit:g} s"
                    )
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


def limit_statements() -> None:
    """Call in a process that serves: from now on its statements have a limit."""
    TimedConnection.is_serving = True


def reset_statement_timeout(connection: TimedConnection) -> None:
    """Set a connection's limit back as it returns to the pool, and what the writer lets
    it prepare.
    """
    connection.statement_timeout = STATEMENT_SECONDS
    connection.prepare_threshold = None
