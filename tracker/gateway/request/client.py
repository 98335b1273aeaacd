"""The client of a call: it sends a body, and it may hang up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from tracker.api.intake.http import ClientGone, Receive


async def passing(receive: Receive) -> AsyncIterator[bytes]:
    """A request's body as it comes. Raises ClientGone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def while_client_stays(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, and cancel it when the client hangs up: otherwise the provider would
    go on generating, and charging for, an answer that nobody reads.
    """
    job = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait((job, gone), return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            job.result()
    finally:
        for task in (job, gone):
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
