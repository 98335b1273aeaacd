"""Group commit: one thread writes all that waits, and acknowledges after the commit.

While one group is being committed the next one gathers, so the groups are as large
as the load asks for and a lone report waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, close_old_connections, connection

from tracker.ingest import measures
from tracker.ingest.arrivals import Arrival, Saturated, StoreUnavailable
from tracker.ingest.judgement_log import log_judgements
from tracker.ingest.key_use import KeyUse
from tracker.ingest.record import Answer, Recorder

GROUP_REPORTS = 2_000  # in one transaction: about 50 ms, so nobody waits for long
ATTEMPTS = 3  # a deadlock or a lost connection is worth another try
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Ticket:
    """Reports that stand or fall together, and who waits for them."""

    arrivals: Sequence[Arrival]
    loop: asyncio.AbstractEventLoop | None
    future: asyncio.Future[list[Answer]] | Future[list[Answer]]


class Writer:
    """The process's only writer of facts. `publish` is told the news of each commit."""

    def __init__(
        self,
        *,
        capacity: int,
        publish: Callable[[list[dict[str, Any]]], None] = lambda news: None,
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        self._capacity = capacity
        self._publish = publish
        self._is_watched = is_watched
        self._waiting: list[Ticket] = []
        self._waiting_reports = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._recorder = Recorder()
        self._key_use = KeyUse()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Write what waits, then end. Later submissions are refused."""
        with self._lock:
            self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def waiting_reports(self) -> int:
        return self._waiting_reports

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    async def record(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """Answers once these are committed. Saturated or StoreUnavailable: nothing
        was stored.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Answer]] = loop.create_future()
        self._submit(Ticket(arrivals, loop, future))
        return await future

    def record_blocking(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """The same for a thread without an event loop."""
        future: Future[list[Answer]] = Future()
        self._submit(Ticket(arrivals, None, future))
        return future.result()

    def _submit(self, ticket: Ticket) -> None:
        with self._lock:
            if self._stopping:
                raise StoreUnavailable("the server is shutting down")
            waiting = self._waiting_reports + len(ticket.arrivals)
            if self._waiting and waiting > self._capacity:
                measures.reports_refused("saturated", len(ticket.arrivals))
                raise Saturated
            self._waiting.append(ticket)
            self._waiting_reports = waiting
            is_first = len(self._waiting) == 1
        if is_first:  # the others find the writer awake
            self._wake.set()

    def _take(self) -> list[Ticket]:
        """The next group: whole tickets, at most about GROUP_REPORTS reports."""
        with self._lock:
            taken, size = 0, 0
            for ticket in self._waiting:
                if taken and size + len(ticket.arrivals) > GROUP_REPORTS:
                    break
                taken, size = taken + 1, size + len(ticket.arrivals)
            group, self._waiting = self._waiting[:taken], self._waiting[taken:]
            self._waiting_reports -= size
            if not self._waiting and not self._stopping:
                self._wake.clear()
            return group

    def _run(self) -> None:
        while True:
            self._wake.wait()
            group = self._take()
            if not group:
                if self._stopping:
                    break
                continue
            self._write(group)
        connection.close()

    def _write(self, group: list[Ticket]) -> None:
        arrivals = [arrival for ticket in group for arrival in ticket.arrivals]
        started = time.perf_counter()
        try:
            answers = self._commit(arrivals)
        except Exception as error:
            measures.reports_refused("unavailable", len(arrivals))
            logger.error(
                "A group of %d reports was not stored: %s", len(arrivals), error
            )
            _answer(group, error=StoreUnavailable(str(error)))
            return
        results, start = [], 0
        for ticket in group:
            results.append(answers[start : start + len(ticket.arrivals)])
            start += len(ticket.arrivals)
        _answer(group, results=results)
        measures.group_committed(answers, time.perf_counter() - started)
        try:
            if self._recorder.news:
                self._publish(self._recorder.news)
            log_judgements(arrivals, answers)
            self._key_use.note(arrivals)
        except Exception:  # what is committed and acknowledged stays so
            logger.exception("After a commit")

    def _commit(self, arrivals: list[Arrival]) -> list[Answer]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._recorder.record(arrivals, is_watched=self._is_watched())
            except DatabaseError as error:
                if attempt == ATTEMPTS:
                    raise
                logger.warning("The store refused a group, trying again: %s", error)
                with contextlib.suppress(DatabaseError):
                    connection.close_if_unusable_or_obsolete()
                close_old_connections()
        raise AssertionError("unreachable")


def _answer(
    group: list[Ticket],
    *,
    results: list[list[Answer]] | None = None,
    error: Exception | None = None,
) -> None:
    """Wake who waits; one call into each event loop for the whole group."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for index, ticket in enumerate(group):
        result = error if results is None else results[index]
        if ticket.loop is None:
            _resolve([(ticket.future, result)])
        else:
            by_loop.setdefault(ticket.loop, []).append((ticket.future, result))
    for loop, pairs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has gone: nobody waits
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: list[tuple[Any, Any]]) -> None:
    for future, result in pairs:
        if future.done():  # the caller went away; its report is stored all the same
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
