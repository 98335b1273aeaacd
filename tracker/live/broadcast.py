"""After a commit: hands its news to the hub of this process, or to those of all.

One process hands them over as they are. Several processes share a channel layer: the
newest gauge of each lane, every event and every compression is packed and sent, up to
three times a tick.
"""

from __future__ import annotations

import asyncio
import logging

from channels.layers import get_channel_layer
from django.conf import settings

from tracker.live.hub import GROUP, hub
from tracker.live.news import GaugeMoved, News, Numbered, pack

logger = logging.getLogger(__name__)
MOST_PER_MESSAGE = 500  # keeps one message of the layer under a megabyte


class Broadcaster:
    """Belongs to one event loop; `publish` may be called from any thread.

    Delivers at most once: what is lost here is read from the database by every hub.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_alone = not settings.REDIS_URL
        self._gauges: dict[tuple[int, str], GaugeMoved] = {}
        self._numbered: list[Numbered] = []
        self._is_scheduled = False

    def is_watched(self) -> bool:
        """Whether a socket may want news, of this process or of another."""
        return hub.size > 0 or (not self._is_alone and hub.watched.anywhere)

    def publish(self, news: list[News]) -> None:
        """Pass on the news of one commit."""
        if not self._loop.is_closed():
            take = hub.take if self._is_alone else self._take
            self._loop.call_soon_threadsafe(take, news)

    def _take(self, news: list[News]) -> None:
        for item in news:
            if isinstance(item, GaugeMoved):
                self._gauges[item.place] = item
            else:
                self._numbered.append(item)
        if news and not self._is_scheduled:
            self._is_scheduled = True
            # A third of a tick: a lone report is quick, a burst is few messages.
            delay = settings.LIVE_TICK_MS / 3000
            self._loop.call_later(delay, self._flush)

    def _flush(self) -> None:
        self._is_scheduled = False
        news = [*self._gauges.values(), *self._numbered]
        self._gauges, self._numbered = {}, []
        task = self._loop.create_task(_send(news))
        task.add_done_callback(_log_failure)


async def _send(news: list[News]) -> None:
    layer = get_channel_layer()
    for start in range(0, len(news), MOST_PER_MESSAGE):
        packed = pack(news[start : start + MOST_PER_MESSAGE])
        await layer.group_send(GROUP, {"type": "live.news", "packed": packed})


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # Nothing is lost: every hub also reads the database.
        logger.warning("The channel layer took no news: %s", task.exception())
