"""Lets requests with spans of one trace wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Hashable
from contextlib import asynccontextmanager


class Turns:
    """Of all that ask for one of the same places at once, one is inside at a time.
    Those that share no place do not wait. For one event loop.
    """

    def __init__(self) -> None:
        self._inside: dict[Hashable, asyncio.Event] = {}

    @asynccontextmanager
    async def of(self, places: Collection[Hashable]) -> AsyncIterator[None]:
        while busy := next((p for p in places if p in self._inside), None):
            await self._inside[busy].wait()
        left = asyncio.Event()
        self._inside.update(dict.fromkeys(places, left))
        try:
            yield
        finally:
            for place in places:
                del self._inside[place]
            left.set()
