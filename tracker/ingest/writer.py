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
from dataclasses import replace
from typing import Any

from django.db import DatabaseError, close_old_connections, connection

from tracker.ingest import measures
from tracker.ingest.arrivals import Arrival, Saturated, StoreUnavailable
from tracker.ingest.checkpointing import Checkpointer
from tracker.ingest.event_keys import new_event_id
from tracker.ingest.guilty import find_guilty
from tracker.ingest.judgement_log import JudgementLog
from tracker.ingest.key_use import KeyUse
from tracker.ingest.record import Answer, Recorder
from tracker.ingest.sql import is_sqlite, wait_at_most
from tracker.ingest.store_trouble import (
    NOT_STORED,
    UNSTORABLE,
    is_away,
    is_circle,
    rejection_for,
    unstored,
)
from tracker.ingest.tickets import Ticket, answer

GROUP_REPORTS = 2_000  # in one transaction: about 50 ms, so nobody waits for long
GATHERING_TURNS = 10  # of the event loop, a fraction of a millisecond each
GATHERING_SECONDS = 0.05  # at most, should the loop be busy with something else
ATTEMPTS = 3  # a deadlock or a lost connection is worth another try
STORE_SECONDS = 5.0  # for a lock or an answer; clients wait 10 s for theirs
RETRY_SECONDS = 1.0  # what failed later than this has waited long enough
logger = logging.getLogger(__name__)


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
        self._log = JudgementLog()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._stored_reports = 0
        self._checkpointer = Checkpointer(lambda: self._stored_reports)

    def start(self) -> None:
        self._thread.start()
        if is_sqlite():
            self._checkpointer.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Write what waits, then end. Later submissions are refused."""
        with self._lock:
            self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._checkpointer.stop()

    @property
    def waiting_reports(self) -> int:
        return self._waiting_reports

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    async def record(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """Answers once these are committed; a Rejection is of its report alone.
        Saturated: nothing was stored. StoreUnavailable: its message says whether that
        is known; with an `event_id` recording again is safe.
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
                raise StoreUnavailable(f"the server is shutting down; {NOT_STORED}")
            waiting = self._waiting_reports + len(ticket.arrivals)
            if self._waiting and waiting > self._capacity:
                measures.reports_refused("saturated", len(ticket.arrivals))
                raise Saturated
            self._waiting.append(ticket)
            self._waiting_reports = waiting
            is_first = len(self._waiting) == 1
        if ticket.loop is None:
            self._wake.set()
        elif is_first:
            ticket.loop.call_soon(self._gather, ticket.loop, 0, GATHERING_TURNS)

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        """Wake the writer once a turn of the loop has read nothing more: what comes
        together is committed together. A lone report waits for one turn.
        """
        waiting = len(self._waiting)
        if waiting > seen and turns:
            loop.call_soon(self._gather, loop, waiting, turns - 1)
        else:
            self._wake.set()

    def _gather_again(self) -> None:
        """What came during a commit goes with what its answers bring: else two halves
        of the clients take turns, with a commit for each.
        """
        with self._lock:
            loop = self._waiting[0].loop if self._waiting else None
            if loop is None or self._stopping:
                return
            self._wake.clear()
        try:
            loop.call_soon_threadsafe(self._gather, loop, 0, GATHERING_TURNS)
        except RuntimeError:  # the loop has gone
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

    def _take_all(self) -> list[Ticket]:
        with self._lock:
            group, self._waiting, self._waiting_reports = self._waiting, [], 0
            return group

    def _run(self) -> None:
        while True:
            most = GATHERING_SECONDS if self._waiting else self._log.wait_seconds
            if not self._wake.wait(most) and not self._waiting:
                self._log.flush()
                continue
            group = self._take()
            if not group:
                if self._stopping:
                    break
                continue
            self._write(group)
            self._gather_again()
        self._log.flush()
        connection.close()

    def _write(self, group: list[Ticket]) -> None:
        # Named before the first try: a second one must be known as the same report.
        arrivals = [_named(a) for ticket in group for a in ticket.arrivals]
        started = time.perf_counter()
        try:
            answers = self._commit(arrivals)
        except Exception as error:
            rescued = self._rescue(group, arrivals, error)
            if rescued is None:
                return
            answers = rescued
        results, start = [], 0
        for ticket in group:
            results.append(answers[start : start + len(ticket.arrivals)])
            start += len(ticket.arrivals)
        answer(group, results=results)
        self._stored_reports += len(answers)
        measures.group_committed(answers, time.perf_counter() - started)
        try:
            if self._recorder.news:
                self._publish(self._recorder.news)
            self._log.note(arrivals, answers)
            self._key_use.note(arrivals)
        except DatabaseError as error:
            logger.warning("After a commit the store went away: %s", error)
        except Exception:  # what is committed and acknowledged stays so
            logger.exception("After a commit")

    def _rescue(
        self, group: list[Ticket], arrivals: list[Arrival], error: Exception
    ) -> list[Answer] | None:
        """After a failed commit: the answers to a single ticket, else None, and all
        have been answered. One report that the store refuses costs no other one.
        """
        if not is_away(error) and len(group) > 1:
            half = len(group) // 2
            self._write(group[:half])
            self._write(group[half:])
            return None
        try:
            if is_away(error):
                raise error
            return self._commit_without_guilty(arrivals, error)
        except Exception as last:
            if not is_away(last):
                logger.error("Reports were not stored", exc_info=last)
            # Who came meanwhile would wait as long, for the same.
            self._give_up([*group, *self._take_all()], last)
            return None

    def _commit_without_guilty(
        self, arrivals: list[Arrival], error: Exception
    ) -> list[Answer]:
        guilty = find_guilty(arrivals, self._recorder.try_out)
        for index, reason in guilty.items():
            # A database's own words may quote the report.
            logger.error(
                "The store refused report %d of %d: %s",
                index + 1, len(arrivals), type(reason).__name__,
                exc_info=None if isinstance(reason, UNSTORABLE) else reason,
            )  # fmt: skip
        good = [a for index, a in enumerate(arrivals) if index not in guilty]
        stored = iter(self._commit(good) if good else [])
        return [
            rejection_for(guilty[index]) if index in guilty else next(stored)
            for index in range(len(arrivals))
        ]

    def _give_up(self, group: list[Ticket], error: Exception) -> None:
        count = sum(len(ticket.arrivals) for ticket in group)
        measures.reports_refused("unavailable", count)
        logger.error("%d reports were not stored: %s", count, error)
        answer(group, error=StoreUnavailable(unstored(error)))

    def _commit(self, arrivals: list[Arrival]) -> list[Answer]:
        started = time.perf_counter()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                wait_at_most(STORE_SECONDS)
                return self._recorder.record(arrivals, is_watched=self._is_watched())
            except Exception as error:
                with contextlib.suppress(DatabaseError):
                    connection.close_if_unusable_or_obsolete()
                close_old_connections()
                took = time.perf_counter() - started
                # PostgreSQL notices a circle after a second; the next try goes through.
                waited = took > RETRY_SECONDS and not is_circle(error)
                if not is_away(error) or attempt == ATTEMPTS or waited:
                    raise
                logger.warning("The store refused a group, trying again: %s", error)
        raise AssertionError("unreachable")


def _named(arrival: Arrival) -> Arrival:
    if arrival.report.event_id:
        return arrival
    report = replace(arrival.report, event_id=new_event_id())
    return replace(arrival, report=report)
