"""Sends reports from a thread of its own: the program only appends to a queue."""

from __future__ import annotations

import threading
import time

from tracker.client.sending import lifetimes
from tracker.client.sending.courier import Abandoned, Courier, Transports
from tracker.client.sending.report_queue import Make, Mark, ReportQueue
from tracker.client.sending.spool import Spool
from tracker.client.sending.tally import Delivery, Tally

QUEUE_REPORTS = 5_000
GATHER_SECONDS = 0.1
# During an outage each batch becomes a file: gather longer, to have fewer.
OUTAGE_GATHER_SECONDS = 1.0


class Sender:
    """A bounded queue, a thread that posts batches, and a spool for outages.

    `submit` never blocks and never raises; when the queue is full the oldest report
    is lost, since a gauge needs the newest. Each report ends up stored at least once,
    or counted in `delivery` as refused or lost, or on disk for the next run. It
    carries an id, so the server stores one that arrives twice only once.
    """

    def __init__(
        self,
        transport: Transports,
        spool: Spool,
        *,
        queue_reports: int = QUEUE_REPORTS,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._transport = transport
        self._spool = spool
        self._queue_reports = queue_reports
        self._gather_seconds = gather_seconds
        self.reset()
        lifetimes.begin(self)

    def reset(self) -> None:
        """Begin anew in a forked child: its locks may be held by threads that do not
        exist there, and the queued reports are the parent's to send.
        """
        self._transport.reset()
        self._spool.reset()
        self._tally = Tally()
        self._courier = Courier(self._transport, self._spool, self._tally)
        self._queue = ReportQueue(self._queue_reports, self._tally)
        self._unstored_told = 0
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @property
    def delivery(self) -> Delivery:
        return self._tally.delivery()

    def submit(self, make: Make) -> None:
        if self._is_closed:
            self._tally.lose(1, "reported after close()")
            return
        self._append(make)

    def _append(self, entry: Make | Mark) -> None:
        self._queue.append(entry)
        if not self._wake.is_set():
            self._wake.set()
        if self._thread is None:
            self._start_thread()

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait at most `seconds` until everything submitted so far is settled.

        True if the server has stored it all. False if a report was refused or lost
        since the last flush, waits to be sent again, or `seconds` were too short.
        During an outage it does not wait for the end of it.
        """
        if self._is_closed:
            return self._is_all_stored()
        mark = Mark()
        self._append(mark)
        if self._thread is None:  # The interpreter is shutting down.
            return False
        self.hurry()
        return mark.passed.wait(seconds) and mark.is_stored

    def _is_all_stored(self) -> bool:
        """Since this was last asked."""
        unstored = self._tally.unstored
        is_new_loss = unstored != self._unstored_told
        self._unstored_told = unstored
        return not (is_new_loss or self._courier.has_unsent())

    def hurry(self) -> None:
        """Send now what is queued, without waiting for more."""
        self._hurry.set()
        self._wake.set()

    def close(self, seconds: float = lifetimes.EXIT_SECONDS) -> None:
        """Send what is queued, for at most `seconds`; keep the rest on disk."""
        if self._is_closed:
            return
        self._is_closed = True
        self.hurry()
        if self._thread is not None:
            self._thread.join(seconds)
        rest = self._courier.take_over()
        while self._queue:
            batch: list[bytes] = []
            self._queue.take(batch)
            rest += batch
        self._courier.keep(rest)
        self._pass_marks()
        lifetimes.end(self)

    def _start_thread(self) -> None:
        with self._start:
            if self._thread is None:
                thread = threading.Thread(
                    target=self._run, name="token-budget", daemon=True
                )
                try:
                    thread.start()
                except RuntimeError:  # The interpreter is shutting down: close() keeps.
                    return
                self._thread = thread

    def _run(self) -> None:
        while True:
            self._wait()
            try:
                self._send_all()
            except Abandoned:
                return
            except Exception as error:  # noqa: BLE001 - the thread must survive any fault of ours.
                self._tally.warn("sending failed", repr(error))
                self._courier.keep_in_flight()
            self._pass_marks()
            if self._queue:
                self._wake.set()
            elif self._is_closed:
                self._transport.close()
                return

    def _wait(self) -> None:
        """Until there is something to send, and a moment longer for more of it."""
        due = self._courier.next_due
        is_outage = self._courier.outage.ends_at is not None
        gather = OUTAGE_GATHER_SECONDS if is_outage else self._gather_seconds
        self._wake.wait(None if due is None else max(0.05, due - time.monotonic()))
        if self._wake.is_set() and not self._is_closed:
            self._hurry.wait(gather)
        self._wake.clear()
        self._hurry.clear()

    def _send_all(self) -> None:
        """What is queued, what is due again, and what is kept on disk.

        New reports go before each file: after a long outage there may be thousands of
        files, and a gauge needs the newest. A program that ends sends one at most.
        """
        while True:
            while self._queue and not self._queue.has_reached_mark:
                batch = self._courier.begin()
                self._queue.take(batch)
                if batch:
                    self._courier.send(batch)
            self._courier.send_due()
            if not self._courier.send_kept() or self._is_closed:
                return
            if not self._courier.has_unsent():
                self._pass_marks()

    def _pass_marks(self) -> None:
        if self._queue.has_reached_mark:
            self._queue.pass_marks(is_stored=self._is_all_stored())
