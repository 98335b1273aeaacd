"""Reads once what many sockets ask for at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any


class SharedReads:
    """Answers each caller by a read that began after it asked, so that everything
    committed before is in it. When a thousand sockets come back after a restart, they
    share a few reads. Use from one event loop at a time.
    """

    def __init__(self, read: Callable[[Any], Awaitable[Any]]) -> None:
        self._read = read
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable) -> Any:
        found = self._next.get(key)
        if found is None or found.get_loop() is not asyncio.get_running_loop():
            found = asyncio.create_task(self._run(key))
            self._next[key] = found
        # A caller that leaves does not cancel it for the others.
        return await asyncio.shield(found)

    async def _run(self, key: Hashable) -> Any:
        before = self._running.get(key)
        if before is not None and not before.done():
            await asyncio.wait([before])
        task = self._running[key] = self._next.pop(key)
        try:
            return await self._read(key)
        finally:
            if self._running.get(key) is task:
                del self._running[key]
