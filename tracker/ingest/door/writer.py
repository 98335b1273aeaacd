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

from django.db import DatabaseError, close_old_connections, connection

from tracker.ingest.arrivals import Answer, Arrival, StoreUnavailable
from tracker.ingest.door import measures
from tracker.ingest.door.checkpointing import Checkpointer
from tracker.ingest.door.judgement_log import JudgementLog
from tracker.ingest.door.key_use import KeyUse
from tracker.ingest.door.poison import find_poison
from tracker.ingest.door.ticket_queue import Ticket, TicketQueue, answer
from tracker.ingest.judging.record import Recorder
from tracker.ingest.rows.event_keys import new_event_id
from tracker.ingest.rows.sql import is_sqlite, wait_at_most
from tracker.ingest.rows.store_trouble import (
    UNSTORABLE,
    is_away,
    is_deadlock,
    rejection_for,
    unstored,
)
from tracker.live.news import News

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
        publish: Callable[[list[News]], None] = lambda news: None,
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        self._queue = TicketQueue(capacity)
        self._publish = publish
        self._is_watched = is_watched
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
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._checkpointer.stop()

    @property
    def waiting_reports(self) -> int:
        return self._queue.reports

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
        self._queue.put(Ticket(arrivals, loop, future))
        return await future

    def record_blocking(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """The same for a thread without an event loop."""
        future: Future[list[Answer]] = Future()
        self._queue.put(Ticket(arrivals, None, future))
        return future.result()

    def _run(self) -> None:
        while (group := self._queue.take(self._log.wait_seconds)) is not None:
            if group:
                self._write(group)
                self._queue.gather_again()
            else:
                self._log.flush()
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
            return self._commit_without_poison(arrivals, error)
        except Exception as last:
            if not is_away(last):
                logger.error("Reports were not stored", exc_info=last)
            # Who came meanwhile would wait as long, for the same.
            self._give_up([*group, *self._queue.take_all()], last)
            return None

    def _commit_without_poison(
        self, arrivals: list[Arrival], error: Exception
    ) -> list[Answer]:
        poison = find_poison(arrivals, self._recorder.try_out)
        for index, reason in poison.items():
            # A database's own words may quote the report.
            logger.error(
                "The store refused report %d of %d: %s",
                index + 1, len(arrivals), type(reason).__name__,
                exc_info=None if isinstance(reason, UNSTORABLE) else reason,
            )  # fmt: skip
        good = [a for index, a in enumerate(arrivals) if index not in poison]
        stored = iter(self._commit(good) if good else [])
        return [
            rejection_for(poison[index]) if index in poison else next(stored)
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
                waited = took > RETRY_SECONDS and not is_deadlock(error)
                if not is_away(error) or attempt == ATTEMPTS or waited:
                    raise
                logger.warning("The store refused a group, trying again: %s", error)
        raise AssertionError("unreachable")


def _named(arrival: Arrival) -> Arrival:
    if arrival.report.event_id:
        return arrival
    report = replace(arrival.report, event_id=new_event_id())
    return replace(arrival, report=report)
