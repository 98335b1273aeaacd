"""Questions to the database that a call stops waiting for."""

from __future__ import annotations

import asyncio
from typing import Any


def take_error(asked: asyncio.Future[Any]) -> None:
    """To be called when `asked` is done, also if nobody waits for it any more.

    An error that nobody takes makes asyncio print a traceback at some later moment,
    one for each call while the database is away.
    """
    if not asked.cancelled():
        asked.exception()
