"""Imports what the server does beside taking reports, while it already takes them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from importlib import import_module
from types import ModuleType

from budget_site import memory

MODULE = "budget_site.serving.beside_reports"
# The server is made to listen, and answers the first probes, before Python's lock is
# shared with an import; whoever asks for a page ends this.
HEAD_START_SECONDS = 0.2
logger = logging.getLogger(__name__)


class Later:
    """Two thirds of a start. Guarantees that one thread alone imports: two that import
    from the same packages can wait for each other. So whoever needs the module waits
    for all of it.

    Without `begin`, as in most tests, the first who asks imports it.
    """

    def __init__(self) -> None:
        self._importing: asyncio.Task[ModuleType] | None = None
        self._is_asked = asyncio.Event()

    def begin(self) -> None:
        """Call on the event loop, once reports can be taken."""
        self._is_asked = asyncio.Event()
        self._importing = asyncio.create_task(_import(self._is_asked))

    async def module(self) -> ModuleType:
        """Raises what the import raised. Who stops waiting leaves it as it is."""
        if self._importing is None:
            return import_module(MODULE)
        if not self._importing.done():
            self._is_asked.set()
            await asyncio.wait([self._importing])
        return self._importing.result()

    async def stop(self) -> None:
        if self._importing is not None:
            self._is_asked.set()
            await asyncio.wait([self._importing])
            if self._importing.exception() is None:
                await self._importing.result().stop_keepers()


async def _import(is_asked: asyncio.Event) -> ModuleType:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(is_asked.wait(), HEAD_START_SECONDS)
    try:
        module = await asyncio.to_thread(import_module, MODULE)
        await asyncio.to_thread(module.import_pages)
        module.start_keepers()
    except Exception:  # a task's error would be told at the first request alone
        logger.exception("Pages are not served")
        raise
    await asyncio.to_thread(memory.settle)
    return module
