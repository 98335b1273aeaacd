"""After a commit: the news, to the hubs of all processes, coalesced per tick."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from tracker.live.hub import GROUP
from tracker.live.messages import encode

logger = logging.getLogger(__name__)
MOST_PER_MESSAGE = 500  # keeps one message of the layer under a megabyte


class Broadcaster:
    """Belongs to one event loop. `publish` may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._gauges: dict[tuple[int, str], dict[str, Any]] = {}
        self._facts: list[dict[str, Any]] = []
        self._scheduled = False

    def publish(self, news: list[dict[str, Any]]) -> None:
        """Tell of a commit. An item's `make` gives its message."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, news)

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
    return {**item, "text": encode(make())}


async def _send(news: list[dict[str, Any]]) -> None:
    layer = get_channel_layer()
    for start in range(0, len(news), MOST_PER_MESSAGE):
        part = news[start : start + MOST_PER_MESSAGE]
        await layer.group_send(GROUP, {"type": "live.news", "news": part})


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # Not lost: every hub also reads the store.
        logger.warning("The channel layer took no news: %s", task.exception())
