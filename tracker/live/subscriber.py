"""One socket's outbox: the latest gauge wins, events are never dropped."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

FACTS_WAITING = 1_000  # a reader further behind is closed and resumes with `after`
SINGLE_FRAMES = 16  # more messages than this at once travel as one batch
SECONDS_PER_SEND = 15  # a reader that takes nothing for so long is gone
SLOW_READER = 4008  # websocket close code: come back with `after`


class Subscriber:
    """`project_ids` it may see; `session_id` None means the overview.

    `send` writes one text frame, `shut` closes the socket with a code.
    """

    __slots__ = (
        "project_ids",
        "session_id",
        "_send",
        "_shut",
        "_gauges",
        "_facts",
        "_counts",
        "_wake",
        "_held",
        "_closing",
        "sent_frames",
    )

    def __init__(
        self,
        project_ids: frozenset[int],
        *,
        session_id: int | None,
        send: Callable[[str], Awaitable[None]],
        shut: Callable[[int], Awaitable[None]],
    ) -> None:
        self.project_ids = project_ids
        self.session_id = session_id
        self._send = send
        self._shut = shut
        self._gauges: dict[tuple[int, str], str] = {}
        self._facts: deque[tuple[int, int, str]] = deque()
        self._counts: str | None = None
        self._wake = asyncio.Event()
        self._held = True  # until the snapshot has gone out
        self._closing: int | None = None
        self.sent_frames = 0

    def offer(
        self,
        gauges: list[dict[str, Any]],
        facts: list[dict[str, Any]],
        counts: dict[frozenset[int], str],
    ) -> None:
        """Take what this socket may see. Never waits."""
        if self._closing is not None:
            return  # it comes back with `after`
        for item in gauges:
            if self._sees(item):
                self._gauges[item["pk"], item["lane"]] = item["text"]
        for item in facts:
            if self._sees(item):
                self._facts.append((item["project_id"], item["seq"], item["text"]))
        if self.session_id is None:
            self._counts = counts.get(self.project_ids, self._counts)
        if len(self._facts) > FACTS_WAITING:
            self.close(SLOW_READER)
        elif not self._held:
            self._wake.set()

    def _sees(self, item: dict[str, Any]) -> bool:
        if item["project_id"] not in self.project_ids:
            return False
        return self.session_id is None or self.session_id == item["pk"]

    def release(self, seqs: dict[int, int]) -> None:
        """The snapshot told everything up to `seqs` (per project): go on from there."""
        self._facts = deque(f for f in self._facts if f[1] > seqs.get(f[0], 0))
        self._held = False
        self._wake.set()

    def close(self, code: int) -> None:
        self._closing = code
        self._wake.set()

    async def run(self) -> None:
        """Send until closed. A send that blocks holds up this socket alone."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closing is not None:
                await self._shut(self._closing)
                return
            frames = self._take()
            try:
                async with asyncio.timeout(SECONDS_PER_SEND):
                    for frame in frames:
                        await self._send(frame)
                        self.sent_frames += 1
            except TimeoutError:
                await self._shut(SLOW_READER)
                return

    def _take(self) -> list[str]:
        texts = [*self._gauges.values(), *(text for _, _, text in self._facts)]
        if self._counts is not None:
            texts.append(self._counts)
        self._gauges.clear()
        self._facts.clear()
        self._counts = None
        if len(texts) <= SINGLE_FRAMES:
            return texts
        return ['{"type":"batch","messages":[' + ",".join(texts) + "]}"]
