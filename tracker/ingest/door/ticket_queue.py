"""The queue before the writer: callers wait here and are woken with their answers."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from tracker.ingest.arrivals import Answer, Arrival, Saturated, StoreUnavailable
from tracker.ingest.door import measures
from tracker.ingest.door.portions import Portion, Portions
from tracker.ingest.rows.store_trouble import NOT_STORED

GATHERING_TURNS = 10  # of the event loop, a fraction of a millisecond each
GATHERING_SECONDS = 0.05  # at most, should the loop be busy with something else
BUSY_SECONDS = 0.05  # since the last group: whom it answered may be about to report


@dataclass(slots=True, eq=False)
class Ticket:
    """The reports of one caller, and the caller that waits for them (`future`). The
    first `taken` of them are with the writer or committed; these have `answers`.
    """

    arrivals: Sequence[Arrival]
    loop: asyncio.AbstractEventLoop | None
    future: asyncio.Future[list[Answer]] | Future[list[Answer]]
    taken: int = 0
    answers: list[Answer] = field(default_factory=list)


class TicketQueue:
    """Filled by any thread or event loop, emptied by the writer. It never holds more
    than `capacity` reports, but for a single larger ticket in an empty queue.

    Under load a group waits up to `patience` seconds until as many callers wait as the
    last one held, 11 say. A caller that comes alone, or after one that came alone,
    waits for nobody.
    """

    def __init__(self, capacity: int, *, patience: float = 0.0) -> None:
        self._patience = patience
        self._held = 0  # tickets of the last group
        self._taken_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._capacity = capacity
        self._waiting: list[Ticket] = []
        self._reports = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_closed = False
        self.portions = Portions()

    @property
    def reports(self) -> int:
        return self._reports

    def put(self, ticket: Ticket) -> None:
        """Raises Saturated, or StoreUnavailable once closed."""
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable(f"the server is shutting down; {NOT_STORED}")
            reports = self._reports + len(ticket.arrivals)
            if self._waiting and reports > self._capacity:
                measures.reports_refused("saturated", len(ticket.arrivals))
                raise Saturated
            self._waiting.append(ticket)
            self.portions.heard(ticket)
            self._reports = reports
            waiting = len(self._waiting)
        if ticket.loop is None:
            self._wake.set()
        elif waiting == 1:
            ticket.loop.call_soon(self._gather, ticket.loop, 0, GATHERING_TURNS)
        elif self._timer is not None and waiting >= self._held:
            ticket.loop.call_soon(self._go)

    def close(self) -> None:
        """Nothing more comes in; what waits may still be taken."""
        with self._lock:
            self._is_closed = True
        self._wake.set()

    def take(self, seconds: float | None) -> list[Portion] | None:
        """The portions for the next commit. A ticket taken in part stays queued.

        Waits up to `seconds` (None: for ever), then returns an empty list. Returns None
        once the queue is closed and empty.
        """
        self._wake.wait(GATHERING_SECONDS if self._waiting else seconds)
        with self._lock:
            group = self.portions.next(self._waiting)
            if group:
                self._held, self._taken_at = len(group), time.monotonic()
            for portion in group:
                portion.ticket.taken += len(portion.arrivals)
                self._reports -= len(portion.arrivals)
            self._waiting = [t for t in self._waiting if t.taken < len(t.arrivals)]
            if not self._waiting and not self._is_closed:
                self._wake.clear()
            return None if self._is_closed and not group else group

    def take_all(self) -> list[Ticket]:
        with self._lock:
            waiting, self._waiting, self._reports = self._waiting, [], 0
            return waiting

    def gather_again(self) -> None:
        """Call after a commit: wait a moment for the clients that were just answered.

        Without it, half of the clients report while the other half is committed, and
        each half takes a commit of its own from then on.
        """
        with self._lock:
            loop = self._waiting[0].loop if self._waiting else None
            if loop is None or self._is_closed:
                return
            self._wake.clear()
        try:
            loop.call_soon_threadsafe(self._gather, loop, 0, GATHERING_TURNS)
        except RuntimeError:  # the loop is closed
            self._wake.set()

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        """Wake the writer once a turn of the event loop has brought no further ticket,
        so that reports that come together are committed together. A lone report waits
        for one turn.
        """
        waiting = len(self._waiting)
        if waiting > seen and turns:
            loop.call_soon(self._gather, loop, waiting, turns - 1)
        elif self._patience and 0 < waiting < self._held and self._is_busy():
            self._timer = loop.call_later(self._patience, self._go)
        else:
            self._go()

    def _is_busy(self) -> bool:
        return time.monotonic() - self._taken_at < BUSY_SECONDS

    def _go(self) -> None:
        """On the event loop: the writer takes what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake.set()


def answer(results: Iterable[tuple[Ticket, list[Answer] | Exception]]) -> None:
    """Wake the callers, each with its answers or its error; one call into each event
    loop wakes all of its callers.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for ticket, result in results:
        if ticket.loop is None:
            _resolve([(ticket.future, result)])
        else:
            by_loop.setdefault(ticket.loop, []).append((ticket.future, result))
    for loop, pairs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: list[tuple[Any, Any]]) -> None:
    for future, result in pairs:
        if future.done():  # the caller left; its report is stored all the same
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
