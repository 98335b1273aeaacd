"""Whether a page is open anywhere: else no process makes news for the others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from django.core.cache import cache

KEY = "live-watched"
ASKED_EVERY = 1.0  # seconds
KEPT_SECONDS = 5
logger = logging.getLogger(__name__)


class Watched:
    """`anywhere` is False only where no process has told of an open socket in the last
    5 s; True while the shared cache does not answer. Any thread may read it.

    The first socket of all hears of other processes' reports as the hub reads them from
    the database, once a second, until these processes have asked again: 1 s later.
    """

    def __init__(self, is_open_here: Callable[[], bool]) -> None:
        self._is_open_here = is_open_here
        self._joined = asyncio.Event()
        self.anywhere = True

    def joined(self) -> None:
        """A socket of this process has come: the others are told at once."""
        self._joined.set()

    async def keep_asking(self) -> None:
        """Tell the others of our sockets, and ask for theirs, until cancelled."""
        self._joined = asyncio.Event()  # one of this event loop
        while True:
            await self.ask()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._joined.wait(), ASKED_EVERY)
            self._joined.clear()

    async def ask(self) -> None:
        try:
            if self._is_open_here():
                await cache.aset(KEY, 1, KEPT_SECONDS)
                self.anywhere = True
            else:
                self.anywhere = await cache.aget(KEY) is not None
        except Exception as error:  # noqa: BLE001 - each cache raises its own
            self.anywhere = True
            logger.debug("The shared cache is away: %s", type(error).__name__)
