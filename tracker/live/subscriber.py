"""One socket's outbox: the newest gauge of a lane is sent, and every event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tracker.live.allowed.still_allowed import Credential
from tracker.live.bundles import (
    Audience,
    Bundle,
    GaugeText,
    NumberedText,
    Place,
    frames_of,
)
from tracker.reading.sessions.active import DEFAULT_SPAN

# A reader further behind is closed. It comes back with `after`, and finds no gap: twice
# as many are replayed.
NUMBERED_WAITING = 500
SECONDS_PER_SEND = 15  # a reader that takes nothing for so long is closed
# News of a commit that the snapshot already shows may be on its way for so long.
SECONDS_OVERTAKEN = 5
PONG = '{"type":"pong"}'
SLOW_READER = 4008  # websocket close code: come back with `after`


Send = Callable[[dict[str, Any]], Awaitable[None]]  # ASGI's


def frame(text: str) -> dict[str, Any]:
    return {"type": "websocket.send", "text": text}


class Subscriber:
    """Sends every event and compression once, in order, and never makes the hub wait.
    A reader that is too slow is closed with SLOW_READER and comes back with `after`.

    `project_ids` are those it may see; `session_id` None means the overview; `span` is
    how long after a report a session counts as active here.
    `credential` is what it was opened with. `send` is the server's; `shut` closes the
    socket with a code.
    """

    __slots__ = (
        "project_ids",
        "session_id",
        "span",
        "credential",
        "_send",
        "_shut",
        "_gauges",
        "_numbered",
        "_counts",
        "_ready",
        "_is_asked",
        "_wake",
        "_held",
        "_snapshot_seqs",
        "_released_at",
        "_closing",
        "_sending_since",
        "_task",
        "sent_frames",
    )

    def __init__(
        self,
        project_ids: frozenset[int],
        *,
        session_id: int | None,
        span: str = DEFAULT_SPAN,
        credential: Credential | None = None,
        send: Send,
        shut: Callable[[int], Awaitable[None]],
    ) -> None:
        self.project_ids = project_ids
        self.session_id = session_id
        self.span = span
        self.credential = credential
        self._send = send
        self._shut = shut
        self._gauges: dict[Place, GaugeText] = {}
        self._numbered: list[NumberedText] = []  # an empty deque takes 760 bytes
        self._counts: str | None = None
        self._ready: Bundle | None = None  # of one tick, shared with others
        self._is_asked = False  # for a sign of life
        self._wake = asyncio.Event()
        self._held = True  # until the snapshot has gone out
        self._snapshot_seqs: dict[
            int, int
        ] = {}  # project -> the last seq of the snapshot
        self._released_at = 0.0
        self._closing: int | None = None
        self._sending_since: float | None = None
        self._task: asyncio.Task[None] | None = None
        self.sent_frames = 0

    @property
    def audience(self) -> Audience:
        return self.project_ids, self.session_id, self.span

    def offer(self, bundle: Bundle) -> None:
        """Take a tick's bundle. Never waits.

        A reader that keeps up sends the shared frames; only one that is behind keeps a
        list of its own.
        """
        if self._closing is not None:
            return  # it comes back with `after`
        bundle = self._beyond_snapshot(bundle) if self._snapshot_seqs else bundle
        if self._held or self._ready is not None or self._gauges or self._numbered:
            self._merge(self._ready)
            self._merge(bundle)
            self._ready = None
        else:
            self._ready = bundle
        if len(self._numbered) > NUMBERED_WAITING:
            self.close(SLOW_READER)
        elif not self._held:
            self._wake.set()

    def _beyond_snapshot(self, bundle: Bundle) -> Bundle:
        """The bundle without what the snapshot showed: a commit may be read before its
        news comes.
        """
        if time.monotonic() - self._released_at > SECONDS_OVERTAKEN:
            self._snapshot_seqs = {}
            return bundle
        news = [n for n in bundle.numbered if n[1] > self._snapshot_seqs.get(n[0], 0)]
        if len(news) == len(bundle.numbered):
            return bundle  # with the frames that others share
        return Bundle(bundle.gauges, news, bundle.counts, is_list=bundle.is_list)

    def _merge(self, bundle: Bundle | None) -> None:
        if bundle is not None:
            self._gauges.update(bundle.gauges)
            self._numbered.extend(bundle.numbered)
            self._counts = bundle.counts or self._counts

    def release(self, seqs: dict[int, int]) -> None:
        """The snapshot was sent; it shows everything up to `seqs` (by project)."""
        self._snapshot_seqs, self._released_at = seqs, time.monotonic()
        self._numbered = [n for n in self._numbered if n[1] > seqs.get(n[0], 0)]
        self._held = False
        self._wake.set()

    def answer_ping(self) -> None:
        """Send one `pong`, in turn with the rest. A reader that takes nothing and asks
        on and on piles up no answers.
        """
        self._is_asked = True
        self._wake.set()

    def close(self, code: int) -> None:
        self._closing = code
        self._wake.set()

    def turn_away(self, code: int) -> None:
        """Close now: what waits is not sent, and what is being sent is broken off."""
        self.close(code)
        # Cancel once: a second call would cancel the closing, which may take long, too.
        since, self._sending_since = self._sending_since, None
        if since is not None and self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Send until closed. A send that blocks holds up only this socket."""
        self._task = asyncio.current_task()
        try:
            await self._send_all()
        except asyncio.CancelledError:
            if self._closing is None:
                raise
        await self._shut(self._closing or SLOW_READER)

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closing is not None:
                return
            self._sending_since = time.monotonic()
            for text in self._take():
                await self._send(frame(text))
                self.sent_frames += 1
            self._sending_since = None

    def give_up_if_stuck(self, now: float) -> None:
        """Close when one send has taken SECONDS_PER_SEND. The hub calls this at each
        tick: a timer for each frame of each socket would take as long as the sending.
        """
        since = self._sending_since
        if since is not None and now - since > SECONDS_PER_SEND and self._task:
            self._sending_since = None
            self._closing = SLOW_READER
            self._task.cancel()

    def _take(self) -> list[str]:
        answer = [PONG] if self._is_asked else []
        self._is_asked = False
        if self._ready is not None:
            bundle, self._ready = self._ready, None
            return [*answer, *bundle.frames] if answer else bundle.frames
        frames = frames_of(
            self._gauges.values(),
            self._numbered,
            self._counts,
            is_list=self.session_id is None,
        )
        self._gauges.clear()
        self._numbered = []
        self._counts = None
        return [*answer, *frames]
