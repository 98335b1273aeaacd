"""How long a caller's next connection waits, by what its last ones did.

A refused connection takes 0.2 ms of the one event loop. Five thousand a second filled
it: others' reports took fifty times as long. A request without a valid key counts as
one, too.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 20.0  # wasted connections that nobody notices
LEAK = 1.0  # of them are forgotten each second
MOST = 100.0  # are remembered: a caller that stops waits a minute more
STEP = 8.0  # more of them double the wait
SHORTEST, LONGEST = 0.01, 1.0  # seconds between two connections
# Where a valid key was used lately, somebody else's flood must not keep its owner out.
KNOWN_LONGEST = 0.02
KNOWN_SECONDS = 3_600.0
REMEMBERED = 4_096  # callers; the longest silent one is forgotten first
LINE_SECONDS = 60.0
logger = logging.getLogger("tracker.refusals")


@dataclass(slots=True)
class _Record:
    wasted: float = 0.0
    at: float = 0.0  # when `wasted` was right
    next_at: float = 0.0
    said_at: float = float("-inf")


class Strangers:
    """Guarantees that a caller who wastes connections, one after another, gets at most
    one a second, or fifty where a valid key or a login was used from its address in the
    last hour. Others are not held up. Memory is bounded, and so is the log: a line for
    each caller and minute. Not thread-safe but for `vouch`.

    After 20 wasted connections at once the next waits 0.01 s, after 28 0.02 s, after 76
    1 s. One is forgotten each second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()

    def wasted(self, who: str) -> None:
        """A connection of theirs was refused, or ended within a request."""
        now = self._clock()
        record = self._records.get(who)
        if record is None:
            record = self._records[who] = _Record()
            if len(self._records) > REMEMBERED:
                self._records.popitem(last=False)
        self._records.move_to_end(who)
        record.wasted = min(MOST, self._left(record, now) + 1)
        record.at = now
        if record.wasted > FREE and now - record.said_at >= LINE_SECONDS:
            record.said_at = now
            logger.warning(
                "New connections of %s wait their turn from now on: its last %.0f were "
                "wasted",
                who,
                record.wasted,
            )

    def refused(self, who: str) -> bool:
        """One more request of theirs had no valid key: it counts as a connection.
        True where they waste so many that the connection must end.
        """
        self.wasted(who)
        return self._left(self._records[who], self._clock()) > FREE

    def vouch(self, who: str) -> None:
        """A valid key or a login was used from there."""
        self._known.pop(who, None)  # else it keeps its place, and goes as a silent one
        self._known[who] = self._clock()
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def knows(self, who: str) -> bool:
        return self._clock() - self._known.get(who, float("-inf")) < KNOWN_SECONDS

    def wait(self, who: str) -> float:
        """Seconds until their next connection may be served; 0 for now, and then the
        one after it waits.
        """
        record = self._records.get(who)
        if record is None:
            return 0.0
        now = self._clock()
        over = self._left(record, now) - FREE
        if over <= 0:
            return 0.0
        if now < record.next_at:
            return record.next_at - now
        longest = KNOWN_LONGEST if self.knows(who) else LONGEST
        record.next_at = now + min(longest, SHORTEST * 2 ** (over / STEP))
        return 0.0

    @staticmethod
    def _left(record: _Record, now: float) -> float:
        return max(0.0, record.wasted - (now - record.at) * LEAK)


strangers = Strangers()
