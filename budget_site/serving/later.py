"""Imports what the server does beside taking reports, while it already takes them."""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from types import ModuleType

from budget_site import memory

MODULE = "budget_site.serving.beside_reports"
logger = logging.getLogger(__name__)


class Later:
    """Two thirds of a start. Guarantees that one thread alone imports: two that import
    from the same packages can wait for each other. So whoever needs the module waits
    for all of it.

    Without `begin`, as in most tests, the first who asks imports it.
    """

    def __init__(self) -> None:
        self._importing: asyncio.Task[ModuleType] | None = None

    def begin(self) -> None:
        """Call on the event loop, once reports can be taken."""
        self._importing = asyncio.create_task(_import())

    async def module(self) -> ModuleType:
        """Raises what the import raised. Who stops waiting leaves it as it is."""
        if self._importing is None:
            return import_module(MODULE)
        if not self._importing.done():
            await asyncio.wait([self._importing])
        return self._importing.result()

    async def stop(self) -> None:
        if self._importing is not None:
            await asyncio.wait([self._importing])
            if self._importing.exception() is None:
                await self._importing.result().stop_keepers()


async def _import() -> ModuleType:
    try:
        module = await asyncio.to_thread(import_module, MODULE)
        await asyncio.to_thread(module.import_pages)
        module.start_keepers()
    except Exception:
        logger.exception("Pages are not served")
        raise
    await asyncio.to_thread(memory.settle)
    return module
