"""An error of a question that nobody waits for."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from tracker.gateway.asking import take_error


async def test_asyncio_does_not_complain_of_it() -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    failed = loop.create_future()
    failed.add_done_callback(take_error)
    failed.set_exception(OSError("the database is away"))
    cancelled = loop.create_future()
    cancelled.add_done_callback(take_error)
    cancelled.cancel()
    await asyncio.sleep(0)

    del failed, cancelled
    gc.collect()

    assert complaints == []
