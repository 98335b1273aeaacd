"""Counts connections per address, and logs refusals."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network

LINE_SECONDS = 10
logger = logging.getLogger("tracker.refusals")


@lru_cache(maxsize=1_024)
def caller(host: str) -> str:
    """By what connections are counted: an IPv4 address, or the /64 of an IPv6 one.

    Who has one IPv6 address usually has 2**64 of them.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(address.ipv4_mapped or ip_network((int(address) >> 64 << 64, 64)))


class OpenConnections:
    """How many connections each caller has open in this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, who: str, most: int) -> bool:
        """False where `who` has `most` already; nothing is counted then."""
        if self._open[who] >= most:
            return False
        self._open[who] += 1
        return True

    def leave(self, who: str) -> None:
        self._open[who] -= 1
        if self._open[who] <= 0:
            del self._open[who]

    def of(self, who: str) -> int:
        return self._open[who]


class Refusals:
    """Logs why callers are refused: one line per reason in ten seconds, with a count.

    A line for each would let a stranger fill the disk.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()

    def note(self, reason: str, host: str) -> None:
        now = self._clock()
        if now - self._last.get(reason, float("-inf")) < LINE_SECONDS:
            self._unsaid[reason] += 1
            return
        self._last[reason] = now
        more = self._unsaid.pop(reason, 0)
        others = f", and {more} before it" if more else ""
        logger.warning("Refused a connection of %s%s: %s", host or "?", others, reason)


connections = OpenConnections()
refusals = Refusals()
