"""After a commit: the news, to the hub of this process or to those of all.

One process hands it over as it is. Several share a channel layer: the newest gauge
of each session is put into words and sent, a few times a tick.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
from channels.layers import get_channel_layer
from django.conf import settings

from tracker.live.hub import GROUP, hub
from tracker.live.news import encode

logger = logging.getLogger(__name__)
MOST_PER_MESSAGE = 500  # keeps one message of the layer under a megabyte


class Broadcaster:
    """Belongs to one event loop. `publish` may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_alone = not settings.REDIS_URL
        self._gauges: dict[tuple[int, str], dict[str, Any]] = {}
        self._facts: list[dict[str, Any]] = []
        self._scheduled = False

    def is_watched(self) -> bool:
        """Whether news may find a reader: another process's sockets are unknown."""
        return not self._is_alone or hub.size > 0

    def publish(self, news: list[dict[str, Any]]) -> None:
        """Tell of a commit. An item's `make` gives its message."""
        if not self._loop.is_closed():
            take = hub.take if self._is_alone else self._take
            self._loop.call_soon_threadsafe(take, news)

    def _take(self, news: list[dict[str, Any]]) -> None:
        for item in news:
            if item["kind"] == "budget":
                self._gauges[item["pk"], item["lane"]] = item
            else:
                self._facts.append(item)
        if news and not self._scheduled:
            self._scheduled = True
            # A third of a tick: quick alone, few messages under load.
            delay = settings.LIVE_TICK_MS / 3000
            self._loop.call_later(delay, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        news = [_encoded(item) for item in (*self._gauges.values(), *self._facts)]
        self._gauges, self._facts = {}, []
        task = self._loop.create_task(_send(news))
        task.add_done_callback(_log_failure)


def _encoded(item: dict[str, Any]) -> dict[str, Any]:
    """Only what is really sent is put into words: superseded gauges never are."""
    make = item.pop("make")
    item.pop("make_row", None)
    return {**item, "text": encode(make())}


async def _send(news: list[dict[str, Any]]) -> None:
    """Packed into bytes: layers copy and pack dicts piece by piece."""
    layer = get_channel_layer()
    for start in range(0, len(news), MOST_PER_MESSAGE):
        part = msgspec.msgpack.encode(news[start : start + MOST_PER_MESSAGE])
        await layer.group_send(GROUP, {"type": "live.news", "packed": part})


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # Not lost: every hub also reads the store.
        logger.warning("The channel layer took no news: %s", task.exception())
