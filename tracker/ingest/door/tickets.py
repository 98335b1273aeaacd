"""Who waits at the writing door, and how they are woken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from tracker.ingest.arrivals import Answer, Arrival


@dataclass(slots=True)
class Ticket:
    """Reports that are committed together, but for those that the database refuses
    alone, and who waits for them.
    """

    arrivals: Sequence[Arrival]
    loop: asyncio.AbstractEventLoop | None
    future: asyncio.Future[list[Answer]] | Future[list[Answer]]


def answer(
    group: list[Ticket],
    *,
    results: list[list[Answer]] | None = None,
    error: Exception | None = None,
) -> None:
    """Wake who waits, with their results or all with the error; one call into each
    event loop for the whole group.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for index, ticket in enumerate(group):
        result = error if results is None else results[index]
        if ticket.loop is None:
            _resolve([(ticket.future, result)])
        else:
            by_loop.setdefault(ticket.loop, []).append((ticket.future, result))
    for loop, pairs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has gone: nobody waits
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: list[tuple[Any, Any]]) -> None:
    for future, result in pairs:
        if future.done():  # the caller went away; its report is stored all the same
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
