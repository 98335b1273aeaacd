"""A gate before the writer's commit, so that a test can look while it waits."""

from __future__ import annotations

import asyncio
import threading
from typing import Any


class Gate:
    """Holds up each commit until it is opened; notes the sizes of the groups."""

    def __init__(self, writer: Any) -> None:
        self.sizes: list[int] = []
        self._entered = threading.Event()
        self._open = threading.Event()
        self._commit = writer._commit
        writer._commit = self

    def __call__(self, arrivals: Any) -> Any:
        self.sizes.append(len(arrivals))
        self._entered.set()
        assert self._open.wait(60)
        return self._commit(arrivals)

    def open(self) -> None:
        self._open.set()


async def held_up(writer: Any, arrival: Any) -> tuple[Gate, asyncio.Task[Any]]:
    """Start the writer: the commit of this arrival stands before the gate. With the
    task that waits for its answer.
    """
    gate = Gate(writer)
    writer.start()
    waiting = asyncio.create_task(writer.record([arrival]))
    assert await asyncio.to_thread(gate._entered.wait, 10)
    return gate, waiting
