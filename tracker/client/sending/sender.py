"""Sends reports from a thread of its own: the program only ever appends to a queue."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from tracker.client.sending import lifetimes
from tracker.client.sending.second_tries import SecondTries
from tracker.client.sending.spool import Spool
from tracker.client.sending.transport import Outcome

log = logging.getLogger("token_budget")

Report = dict[str, Any]
# Makes a report on the sender's thread; None: there is nothing to report after all.
Make = Callable[[], Report | None]

QUEUE_REPORTS = 5_000
BATCH_REPORTS = 100
GATHER_SECONDS = 0.1
EXIT_SECONDS = 2.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0


class Transports(Protocol):
    def send(self, body: bytes) -> Outcome: ...

    def close(self) -> None: ...


class Sender:
    """A bounded queue, a thread that posts batches, and a spool for outages.

    `submit` costs microseconds, never blocks and never raises. When the queue is full
    the oldest report goes: a gauge wants the newest. While the server cannot be
    reached, batches wait in the spool and one of them is tried again, less and less
    often; ids made here make sending twice harmless. Reports on which the server
    failed are sent again by themselves, a few times.
    """

    def __init__(
        self,
        transport: Transports,
        spool: Spool,
        *,
        queue_reports: int = QUEUE_REPORTS,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self.dropped = 0  # reports lost: no room, or the server always failed
        self._transport = transport
        self._spool = spool
        self._gather_seconds = gather_seconds
        self._queue: deque[Make] = deque(maxlen=queue_reports)
        self._failures = 0
        self._next_try = 0.0
        self._warned: set[str] = set()
        self.reset()
        lifetimes.begin(self)

    def reset(self) -> None:
        """Locks and the thread, also after a fork: the child has neither."""
        self._queue.clear()
        self._in_flight: list[Report] = []
        self._second_tries = SecondTries()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, make: Make) -> None:
        if self._is_closed:
            return
        if len(self._queue) == self._queue.maxlen:
            self.dropped += 1
        self._queue.append(make)
        self._idle.clear()
        if not self._wake.is_set():
            self._wake.set()
        if self._thread is None:
            self._start_thread()

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until everything submitted was sent; False if some of it was not.

        What could not be sent is in the spool, waits to be sent again, or was dropped.
        """
        dropped, deadline = self.dropped, time.monotonic() + seconds
        while not self._is_done():
            if time.monotonic() > deadline:
                return False
            self._hurry.set()
            self._wake.set()
            time.sleep(0.002)
        is_lossless = self.dropped == dropped and not self._failures
        is_all_sent = not self._second_tries.count and self._spool.is_empty()
        return is_lossless and is_all_sent

    def _is_done(self) -> bool:
        # In this order: the thread takes from the queue only once it is not idle.
        return not self._queue and self._idle.is_set()

    def close(self, seconds: float = EXIT_SECONDS) -> None:
        """Send what waits, for at most `seconds`; the spool takes the rest."""
        if self._is_closed:
            return
        self._is_closed = True
        self._hurry.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
        # The thread is gone, or hangs in a request: its batch may be sent twice.
        rest = [*self._in_flight, *self._take(len(self._queue))]
        rest += self._second_tries.take_all()
        # In pieces that the next run can send: a server takes so many at once.
        for place in range(0, len(rest), BATCH_REPORTS):
            piece = rest[place : place + BATCH_REPORTS]
            self._keep(_body(piece), len(piece))
        lifetimes.end(self)

    def _start_thread(self) -> None:
        with self._start:
            if self._thread is None:
                thread = threading.Thread(
                    target=self._run, name="token-budget", daemon=True
                )
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is going down: close() sends
                    return
                self._thread = thread

    def _run(self) -> None:
        while True:
            self._wake.wait(self._seconds_to_next_try())
            if not self._hurry.is_set():
                self._hurry.wait(self._gather_seconds)
            self._wake.clear()
            self._hurry.clear()
            self._idle.clear()
            try:
                self._send_all()
            except Exception as error:  # nothing of ours may end the thread
                self._warn(f"reporting failed: {error!r}")
            if not self._queue:
                self._idle.set()
            if self._is_closed and not self._queue:
                self._transport.close()
                return

    def _seconds_to_next_try(self) -> float | None:
        """None: nothing waits but what `submit` will bring."""
        due = self._next_try if self._failures else self._second_tries.next_due
        return None if due is None else max(0.05, due - time.monotonic())

    def _send_all(self) -> None:
        while self._queue:
            self._in_flight = self._take(BATCH_REPORTS)
            if self._in_flight:
                self._send_batch(self._in_flight)
            self._in_flight = []
        if not self._is_outage():
            self._send_again()
        self._send_spooled()

    def _send_again(self) -> None:
        now = time.monotonic()  # what fails again now is due later
        while (waiting := self._second_tries.take_due(now)) is not None:
            self._in_flight = waiting.reports
            self._send_batch(waiting.reports, tries=waiting.tries)
            self._in_flight = []

    def _take(self, count: int) -> list[Report]:
        reports = []
        for _ in range(min(count, len(self._queue))):
            try:
                report = self._queue.popleft()()
            except IndexError:  # a full queue drops its oldest by itself
                break
            except Exception as error:  # of an odd answer: the others go out
                self._warn(f"an answer could not be read: {error!r}")
                continue
            if report is not None:
                reports.append(report)
        return reports

    def _send_batch(self, reports: list[Report], *, tries: int = 0) -> None:
        """`tries`: how often these have been sent before."""
        body = _body(reports)
        if self._is_outage():
            self._keep(body, len(reports))
            return
        outcome = self._send(body)
        if outcome.is_later:
            self._keep(body, len(reports))
        elif outcome.is_too_large and len(reports) > 1:
            self._send_halves(reports, tries=tries)
        else:
            self._read_answer(reports, outcome, tries=tries + 1)

    def _send_halves(self, reports: list[Report], *, tries: int) -> None:
        half = len(reports) // 2
        self._send_batch(reports[:half], tries=tries)
        self._send_batch(reports[half:], tries=tries)

    def _send_spooled(self) -> None:
        """Send what an outage left, oldest first, as long as the server takes it."""
        while not self._is_outage():
            claim = self._spool.claim()
            if claim is None:
                self._failures = 0  # nothing left to try with: the next batch will
                return
            outcome = self._send(claim.body)
            if outcome.is_later:
                claim.give_back()
                return
            reports = _reports(claim.body)
            if outcome.is_too_large and len(reports) > 1:
                self._send_halves(reports, tries=0)
            else:
                self._read_answer(reports, outcome, tries=1)
            claim.done()
            if self._is_closed:
                return  # the next run sends the others

    def _read_answer(
        self, reports: list[Report], outcome: Outcome, *, tries: int
    ) -> None:
        """After the server took or refused these, each for good or for now."""
        if outcome.message:
            failed = "the server failed on reports"
            what = failed if outcome.is_failed else "reports were refused"
            self._warn(f"{what}: {outcome.message}")
        now = time.monotonic()
        lost = self._second_tries.put(reports, outcome, tries=tries, now=now)
        if lost:
            self.dropped += lost
            self._warn(
                f"reports lost: the server failed on {lost}, the log there says why"
            )

    def _is_outage(self) -> bool:
        return bool(self._failures) and time.monotonic() < self._next_try

    def _send(self, body: bytes) -> Outcome:
        outcome = self._transport.send(body)
        if not outcome.is_later:
            self._failures = 0
            return outcome
        self._failures += 1
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(self._failures - 1, 10))
        wait *= random.uniform(0.5, 1.0)  # many clients must not come back at once
        self._next_try = time.monotonic() + max(wait, outcome.after_seconds or 0.0)
        self._warn(f"the server cannot take reports now: {outcome.message}")
        return outcome

    def _keep(self, body: bytes, count: int) -> None:
        if not self._spool.add(body):
            self.dropped += count
            self._warn(f"{count} reports lost: the spool cannot be written")

    def _warn(self, message: str) -> None:
        """Say each thing once: an outage is no reason to fill somebody's log."""
        kind = message.partition(":")[0]
        level = logging.DEBUG if kind in self._warned else logging.WARNING
        self._warned.add(kind)
        log.log(level, message)


def _body(reports: list[Report]) -> bytes:
    # A lone surrogate is no valid UTF-8; the server would refuse the whole batch.
    text = json.dumps(reports, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace")


def _reports(body: bytes) -> list[Report]:
    """What an earlier run may have kept; [] if its file was cut short."""
    try:
        reports = json.loads(body)
    except ValueError:
        return []
    return reports if isinstance(reports, list) else []
