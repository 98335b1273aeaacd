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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

from django.db import DatabaseError, close_old_connections, connection

from budget_site.database_file import refuse_another, remember
from tracker.ingest.arrivals import Answer, Arrival, Saturated, StoreUnavailable
from tracker.ingest.door import measures
from tracker.ingest.door.checkpointing import Checkpointer
from tracker.ingest.door.judgement_log import JudgementLog
from tracker.ingest.door.key_use import KeyUse
from tracker.ingest.door.poison import commit_good
from tracker.ingest.door.portions import Portion
from tracker.ingest.door.ticket_queue import Ticket, TicketQueue, answer
from tracker.ingest.judging.record import Recorder
from tracker.ingest.judging.redacting import redacted, redacted_here
from tracker.ingest.rows.sql import is_sqlite, wait_at_most
from tracker.ingest.rows.store_trouble import is_away, is_deadlock, unstored
from tracker.live.news import News

ATTEMPTS = 3  # after a deadlock or a lost connection
STORE_SECONDS = 5.0  # for a lock or an answer; clients give up after 10 s
# On PostgreSQL a group costs as much as ten reports. Three processes that share 32
# clients committed groups of 8; with this wait they are 10, of 11 clients each.
PATIENCE = 0.004
RETRY_SECONDS = 1.0  # a try that failed after so long is the last one
logger = logging.getLogger(__name__)


class Writer:
    """Writes all reports of this process, in one thread.

    A report is answered after its transaction has committed, so nothing acknowledged
    is lost. Each is stored exactly once for its event_id, however often it is sent or
    tried. A report that the database refuses is rejected by itself; when the database
    is away, all that wait hear StoreUnavailable and nothing is kept for later.

    `publish` is given the news of each commit; it is gathered only while `is_watched`.
    `is_logged`: each judgement goes to the judgement log.
    """

    def __init__(
        self,
        *,
        capacity: int,
        publish: Callable[[list[News]], None] | None = None,
        is_watched: Callable[[], bool] = lambda: True,
        is_logged: bool = True,
    ) -> None:
        self._queue = TicketQueue(capacity, patience=0 if is_sqlite() else PATIENCE)
        self._publish = publish
        self._is_watched = is_watched
        self._recorder = Recorder()
        self._news: list[News] = []  # of what is committed, not yet published
        self._key_use = KeyUse()
        self._log = JudgementLog(is_on=is_logged)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._checkpointer = Checkpointer()

    def start(self) -> None:
        remember()
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
        """Store these and answer once they are committed, one answer for each, in
        order. They go in one transaction unless one of them is a poison report or
        others report beside them (`Portions`); a Rejection is of its report alone.

        Raises Saturated when the queue is full: nothing was stored. StoreUnavailable
        says whether it is known that nothing was stored; sending again is safe, as
        each arrival has an event_id.
        """
        return await (await self.hand_over(arrivals))

    async def hand_over(
        self, arrivals: Sequence[Arrival]
    ) -> asyncio.Future[list[Answer]]:
        """The same in two steps, for who keeps an order: now they stand in the queue,
        and what comes answers or raises as `record` does.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Answer]] = loop.create_future()
        if not arrivals:  # of no caller: the queue orders by callers
            future.set_result([])
            return future
        try:
            arrivals = await redacted(arrivals)
            self._queue.put(Ticket(arrivals, loop, future))
        except DatabaseError as error:
            future.set_exception(StoreUnavailable(unstored(error)))
        except (Saturated, StoreUnavailable) as error:
            future.set_exception(error)
        return future

    def record_blocking(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """The same for a thread without an event loop: it waits."""
        if not arrivals:
            return []
        try:
            arrivals = redacted_here(arrivals)
        except DatabaseError as error:
            raise StoreUnavailable(unstored(error)) from error
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

    def _write(self, group: list[Portion]) -> None:
        started = time.perf_counter()
        answers: list[Answer] = []
        failure: Exception | None = None
        try:
            commit_good([portion.arrivals for portion in group], self._commit, answers)
        except Exception as error:  # noqa: BLE001 - handed to those who wait
            failure = error
        arrivals = [arrival for portion in group for arrival in portion.arrivals]
        tickets = _answered(group, answers)
        if failure is None:
            self._queue.portions.took(len(arrivals), time.perf_counter() - started)
        else:
            # Refuse also the reports that came during the attempt. Each would wait for
            # one more failing attempt, and their callers for minutes.
            tickets += [t for t in self._queue.take_all() if t not in tickets]
        answer(_results(tickets, failure))
        if failure is not None:
            count = sum(len(t.arrivals) - len(t.answers) for t in tickets)
            measures.reports_refused("unavailable", count)
            logger.error("%d reports were not stored: %s", count, failure)
        if answers:
            measures.group_committed(answers, time.perf_counter() - started)
            self._after_commit(arrivals[: len(answers)], answers)

    def _after_commit(self, arrivals: list[Arrival], answers: list[Answer]) -> None:
        """What fails here undoes nothing: all is committed and acknowledged."""
        self._checkpointer.stored_reports += len(answers)
        news, self._news = self._news, []
        try:
            if self._publish is not None and news:
                self._publish(news)
            self._log.note(arrivals, answers)
            self._key_use.note(arrivals)
        except DatabaseError as error:
            logger.warning("After a commit the database went away: %s", error)
        except Exception:
            logger.exception("After a commit")

    def _commit(self, arrivals: list[Arrival]) -> list[Answer]:
        """One transaction, tried again where the database may be back at once."""
        started = time.perf_counter()
        is_watched = self._publish is not None and self._is_watched()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                wait_at_most(STORE_SECONDS)
                refuse_another()
                answers = self._recorder.record(arrivals, is_watched=is_watched)
                refuse_another()  # else this was written into a file without a name
                self._news += self._recorder.news
                return answers
            except Exception as error:
                with contextlib.suppress(DatabaseError):
                    connection.close_if_unusable_or_obsolete()
                close_old_connections()
                took = time.perf_counter() - started
                # PostgreSQL notices a deadlock after a second and ends one of the two
                # transactions; that one passes when it is tried again.
                has_waited = took > RETRY_SECONDS and not is_deadlock(error)
                if not is_away(error) or attempt == ATTEMPTS or has_waited:
                    raise
                logger.warning("The database refused a group, trying again: %s", error)
        raise AssertionError("unreachable")


def _answered(group: list[Portion], answers: list[Answer]) -> list[Ticket]:
    """The tickets of these portions, each with its part of `answers`."""
    end = 0
    for portion in group:
        start, end = end, end + len(portion.arrivals)
        portion.ticket.answers += answers[start:end]
    return [portion.ticket for portion in group]


def _results(
    tickets: list[Ticket], failure: Exception | None
) -> Iterator[tuple[Ticket, list[Answer] | Exception]]:
    """Each ticket that is answered now, with its answers or with the failure where
    these do not reach to its end.
    """
    for ticket in tickets:
        if len(ticket.answers) == len(ticket.arrivals):
            yield ticket, ticket.answers
        elif failure is not None:
            is_partly = bool(ticket.answers)
            yield ticket, StoreUnavailable(unstored(failure, is_partly=is_partly))
