"""How much of what waits goes into the next commit.

While only one caller reports, as much as there is: few commits are cheap. Beside others
a batch of a thousand long reports would keep them waiting for 0.2 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.ingest.arrivals import Arrival

if TYPE_CHECKING:
    from tracker.ingest.door.ticket_queue import Ticket

GROUP_REPORTS = 2_000  # in one transaction: about 50 ms, so nobody waits for long
SHARED_SECONDS = 0.02  # for a transaction where several callers report
LEAST = 20  # reports: never split; also enough of them to measure the time of one
ACTIVE_SECONDS = 5.0
FIRST_GUESS = 0.0002  # seconds for a report
Caller = tuple[int, int | None]  # project and key


@dataclass(frozen=True, slots=True)
class Portion:
    """Reports of one ticket that go into one commit."""

    ticket: Ticket
    arrivals: Sequence[Arrival]


class Portions:
    """Guarantees that every commit takes reports of the ticket that has waited longest,
    and, where two callers or more reported in the last 5 s, that it is expected to take
    no more than 20 ms, as long as 20 reports do not. Smaller callers come first; each
    caller's reports keep their order. A ticket of up to 20 is in one commit:
    `optimize` sends a sample with its compression, and who is killed between the two
    would hear at the next attempt that they are known, and never get the compression.

    Where a report takes 0.2 ms, and A has 500 waiting, B has 1: first B.s, 99 of A.s,
    then 100 of A's with what came meanwhile.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[Caller, float] = {}
        self._seconds = FIRST_GUESS

    def heard(self, ticket: Ticket) -> None:
        now = self._clock()
        self._last[_caller(ticket)] = now
        if len(self._last) > 1_000:
            recent = ((c, at) for c, at in self._last.items() if self._is_active(at))
            self._last = dict(recent)

    def took(self, reports: int, seconds: float) -> None:
        """A commit; a small one says more of the disk than of its reports."""
        if reports >= LEAST:
            self._seconds += 0.3 * (seconds / reports - self._seconds)

    def next(self, waiting: Sequence[Ticket]) -> list[Portion]:
        """Of tickets in the order in which they came."""
        if not waiting:
            return []
        if sum(map(self._is_active, self._last.values())) < 2:
            return _whole(waiting)
        room = int(min(GROUP_REPORTS, max(LEAST, SHARED_SECONDS / self._seconds)))
        found: list[Portion] = []
        for ticket in _smallest_first(waiting):
            if room <= 0:
                break
            left = _left(ticket)
            arrivals = left if len(left) <= LEAST else left[:room]
            found.append(Portion(ticket, arrivals))
            room -= len(arrivals)
        if all(portion.ticket is not waiting[0] for portion in found):
            found.append(Portion(waiting[0], _left(waiting[0])[:LEAST]))
        return found

    def _is_active(self, at: float) -> bool:
        return self._clock() - at < ACTIVE_SECONDS


def _whole(waiting: Sequence[Ticket]) -> list[Portion]:
    """Whole tickets, together about GROUP_REPORTS at most."""
    found: list[Portion] = []
    size = 0
    for ticket in waiting:
        left = _left(ticket)
        if found and size + len(left) > GROUP_REPORTS:
            break
        found.append(Portion(ticket, left))
        size += len(left)
    return found


def _smallest_first(waiting: Sequence[Ticket]) -> list[Ticket]:
    sizes: dict[Caller, int] = {}
    for ticket in waiting:
        caller = _caller(ticket)
        sizes[caller] = sizes.get(caller, 0) + len(_left(ticket))
    return sorted(waiting, key=lambda ticket: sizes[_caller(ticket)])


def _left(ticket: Ticket) -> Sequence[Arrival]:
    return ticket.arrivals[ticket.taken :] if ticket.taken else ticket.arrivals


def _caller(ticket: Ticket) -> Caller:
    first = ticket.arrivals[0]
    return first.project_id, first.api_key_id
