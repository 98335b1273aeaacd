"""Sends reports to the server, and keeps on disk those that it does not take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from tracker.client.json_bodies import join_reports, split_reports
from tracker.client.sending.outage import Outage
from tracker.client.sending.receipts import Receipt
from tracker.client.sending.report_queue import BATCH_REPORTS
from tracker.client.sending.second_tries import SecondTries
from tracker.client.sending.spool import Spool
from tracker.client.sending.tally import Tally


class Transports(Protocol):
    """`tracker.client.sending.transport.Transport`, or a test's own."""

    def send(self, reports: Sequence[bytes]) -> Receipt: ...

    def reset(self) -> None: ...

    def close(self) -> None: ...


class Abandoned(Exception):
    """`take_over` was called during a request: the reports are the caller's now."""


class Courier:
    """Sends batches. Each report ends up stored, refused, lost or on disk, and is
    counted in `tally` unless it is on disk.

    For the sender's thread; `take_over` and `keep` also for the thread that closes.
    """

    def __init__(self, transport: Transports, spool: Spool, tally: Tally) -> None:
        self._transport = transport
        self._spool = spool
        self._tally = tally
        self._second_tries = SecondTries()
        self._in_flight: list[bytes] = []
        self._is_abandoned = False
        self.outage = Outage()

    def begin(self) -> list[bytes]:
        """An empty batch. What it holds when the program ends is kept on disk."""
        self._in_flight = []
        return self._in_flight

    def send(self, reports: list[bytes], *, tries: int = 0) -> None:
        """Send reports that have been sent `tries` times, or keep them for later."""
        self._in_flight = reports
        self.keep(reports if self._is_outage() else self._post(reports, tries))
        self._in_flight = []

    def send_due(self) -> None:
        """Send again the reports on which the server failed, if their time has come."""
        now = time.monotonic()  # One that fails again is due after `now`.
        while not self._is_outage():
            waiting = self._second_tries.take_due(now)
            if waiting is None:
                return
            self.send(waiting.reports, tries=waiting.tries)

    def send_kept(self) -> bool:
        """Send the oldest file of the spool. False if there was none to send, or the
        server did not take it.
        """
        if self._is_outage():
            return False
        claim = self._spool.claim()
        if claim is None:
            self.outage.over()
            return False
        reports = split_reports(claim.body)
        if reports is None:
            self._tally.lose(1, "a file of kept reports is damaged")
        try:
            later = self._post(reports, tries=0) if reports else []
        except Exception:
            self._spool.give_back(claim, last=True)
            raise
        if later and not self._keep_part(later, of=reports or []):
            # If these reports may be why the server fails, put them behind the others,
            # which would otherwise never be sent.
            self._spool.give_back(claim, last=self._last.may_be_poison)
        else:
            claim.done()
        return not later

    def _keep_part(self, later: list[bytes], *, of: list[bytes]) -> bool:
        """Whether `later` is on disk in a file of its own, the rest being stored."""
        if len(later) == len(of):
            return False
        try:
            self._add(later)
        except OSError:
            return False
        return True

    def _post(self, reports: list[bytes], tries: int) -> list[bytes]:
        """Send these and settle each of them; answers those to keep for later."""
        receipt = self._last = self._transport.send(reports)
        if self._is_abandoned:
            raise Abandoned
        if receipt.kind == "later":
            self.outage.failed(time.monotonic(), receipt.after_seconds)
            self._tally.wait(receipt.reason)
            return reports
        self.outage.over()
        self._tally.answered()
        if receipt.kind == "split" and len(reports) > 1:
            half = len(reports) // 2
            later = self._post(reports[:half], tries)
            if later:
                return later + reports[half:]
            return self._post(reports[half:], tries)
        self._settle(reports, receipt, tries + 1)
        return []

    def _settle(self, reports: list[bytes], receipt: Receipt, tries: int) -> None:
        if receipt.kind == "settled":
            self._tally.store(len(reports) - len(receipt.refused) - len(receipt.again))
            for reason, count in Counter(receipt.refused.values()).items():
                self._tally.refuse(count, reason)
            self._again([reports[place] for place in receipt.again], receipt, tries)
        elif receipt.kind == "failed":
            self._again(reports, receipt, tries)
        else:
            self._tally.refuse(len(reports), receipt.reason)

    def _again(self, reports: list[bytes], receipt: Receipt, tries: int) -> None:
        if not reports:
            return
        now, after = time.monotonic(), receipt.after_seconds
        if self._second_tries.put(reports, tries=tries, now=now, after_seconds=after):
            self._tally.warn("the server failed on reports", "they are sent again")
        else:
            reason = "the server failed each time; its log says why"
            self._tally.lose(len(reports), reason)

    def keep(self, reports: list[bytes]) -> None:
        """Put reports on disk, in pieces that one request can carry."""
        for place in range(0, len(reports), BATCH_REPORTS):
            piece = reports[place : place + BATCH_REPORTS]
            try:
                self._add(piece)
            except OSError as error:
                reason = f"could not be kept on disk: {error.strerror}"
                self._tally.lose(len(piece), reason)

    def _add(self, reports: list[bytes]) -> None:
        """Raises OSError."""
        deleted = self._spool.add(join_reports(reports))
        if deleted:
            self._tally.lose(deleted, "the space for kept reports is full")

    def keep_in_flight(self) -> None:
        reports, self._in_flight = self._in_flight, []
        self.keep(reports)

    def take_over(self) -> list[bytes]:
        """Stop the thread that hangs in a request, and answer what it held.

        The request may still succeed: the ids of reports make a second time harmless.
        """
        self._is_abandoned = True
        reports, self._in_flight = self._in_flight, []
        return [*reports, *self._second_tries.take_all()]

    def has_unsent(self) -> bool:
        """Whether reports of this process wait, in memory or on disk."""
        return bool(self._second_tries.count) or self._spool.holds_own()

    @property
    def next_due(self) -> float | None:
        """When to send again (monotonic); None if nothing waits for that."""
        if self.outage.ends_at is not None:
            return self.outage.ends_at
        return self._second_tries.next_due

    def _is_outage(self) -> bool:
        return self.outage.lasts(time.monotonic())
