"""One channel-layer subscription per process, and the fan-out to its sockets.

News comes by the channel layer or from this process's writer. The database is the
truth: the hub also reads from it what it has not sent, so that an import in another
process is seen. A Channels group with 1,000 members delivers a twentieth of this
(docs/performance.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from budget_site.database_file import refuse_another
from tracker.live import store
from tracker.live.allowed.still_allowed import Credential, readable_now
from tracker.live.bundles import CountsOf, TickNews
from tracker.live.news import News, encode, unpack
from tracker.live.subscriber import Subscriber
from tracker.live.unsent import Unsent
from tracker.live.watched import Watched

GROUP = "token-budget-live"
NOT_ALLOWED, COME_BACK = 4003, 1012  # websocket close codes
ALLOWED_EVERY = 2.0  # seconds: how soon a revoked key or a lost membership is seen
# A closed socket leaves a reference cycle of 7 KiB. budget_site.memory makes the
# garbage collector run seldom, so memory would grow with each reconnect. Collect after
# so many closed sockets (20 ms).
LEFT_MOST = 500
# Seconds between counts: they read an index entry of each active session.
COUNTED_EVERY = 0.5
# Seconds after which sessions that fell silent are counted as idle.
AGED_EVERY = 30.0
EARLY = 0.1  # of a tick: when its counts are read
MOST_OF_ONE = 50  # pages of one person that slow down others' pages
logger = logging.getLogger(__name__)
Found = TypeVar("Found")


class OpenPages:
    """Counts open pages, so that they ask for fragments less often when there are many.

    Only sockets with a login count: programs with a key ask for no fragments. Changed
    by the event loop, read by any thread.
    """

    def __init__(self) -> None:
        self._of: Counter[int] = Counter()  # user id -> pages
        self._counted = 0  # at most MOST_OF_ONE of each person

    def add(self, credential: Credential | None) -> None:
        if credential is None or credential.user_id is None:
            return
        self._of[credential.user_id] += 1
        self._counted += self._of[credential.user_id] <= MOST_OF_ONE

    def remove(self, credential: Credential | None) -> None:
        if credential is None or credential.user_id is None:
            return
        self._counted -= self._of[credential.user_id] <= MOST_OF_ONE
        self._of[credential.user_id] -= 1
        if not self._of[credential.user_id]:
            del self._of[credential.user_id]

    def seen_by(self, user_id: int | None) -> int:
        """All pages of this person, and at most MOST_OF_ONE of each other person."""
        own = self._of.get(user_id or 0, 0)
        return self._counted + max(0, own - MOST_OF_ONE)


class Hub:
    """The sockets of this process. Each socket gets every event and compression that it
    may see, once and in order, and the newest gauge of each lane at each tick; or it is
    closed with a code that makes it come back. Use from the event loop only.
    """

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self.pages = OpenPages()
        self._tasks: list[asyncio.Task[None]] = []
        self._joining = asyncio.Lock()
        self._news: list[News] = []  # since the last tick
        self._unsent = Unsent()
        self.watched = Watched(lambda: bool(self._subscribers))
        self._left = 0
        # As time.monotonic().
        self._polled_at = self._asked_at = self._counted_at = self._aged_at = 0.0

    # ---- life -----------------------------------------------------------------
    async def start(self) -> None:
        """Reads nothing: the database may be away until the first socket joins."""
        self._tasks = [
            asyncio.create_task(self._pump(), name="live pump"),
            asyncio.create_task(self._tick(), name="live tick"),
        ]
        if settings.REDIS_URL:
            asking = self.watched.keep_asking()
            self._tasks.append(asyncio.create_task(asking, name="live watched"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for subscriber in list(self._subscribers):
            subscriber.close(COME_BACK)

    async def join(self, subscriber: Subscriber) -> None:
        """Offer the socket all news from now on. What happened before, also while no
        socket was open, is in its snapshot and not sent again.
        """
        async with self._joining:
            if not self._subscribers:
                await in_thread(self._unsent.start_here)
                self._aged_at = time.monotonic()
                self.watched.joined()
            self._subscribers.add(subscriber)
            self.pages.add(subscriber.credential)

    def leave(self, subscriber: Subscriber) -> None:
        if subscriber in self._subscribers:
            self._subscribers.remove(subscriber)
            self.pages.remove(subscriber.credential)
        self._left += 1

    @property
    def size(self) -> int:
        return len(self._subscribers)

    # ---- news -----------------------------------------------------------------
    def take(self, news: list[News]) -> None:
        """News of a commit: delivered at the next tick."""
        if self._subscribers:
            self._news.extend(news)

    async def _pump(self) -> None:
        """Receive what any process has published."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    message = await layer.receive(channel)
                    if self._subscribers:
                        self.take(unpack(message["packed"]))
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - each layer raises its own
                # Sockets go on: news is read from the database, a second later.
                logger.warning("The channel layer is away: %s", type(error).__name__)
                await asyncio.sleep(1)

    async def _tick(self) -> None:
        length = settings.LIVE_TICK_MS / 1000
        # This process's reports come as news; the polling is for other processes.
        poll_every = 1.0 if settings.REDIS_URL else max(length, 0.25)
        due = 0.0
        while True:
            due = max(due + length, time.monotonic())
            # A little early: what must be read is read before the tick.
            await asyncio.sleep(due - length * EARLY - time.monotonic())
            if self._left >= LEFT_MOST:
                self._left = 0
                gc.collect()
            if not self._subscribers:
                continue
            try:
                await self._deliver_at(due, poll_every)
            except asyncio.CancelledError:
                raise
            except DatabaseError as error:
                logger.warning("Sockets wait for the database: %s", error)
                await asyncio.sleep(1)
            except Exception:
                logger.exception("The hub failed at a tick; sockets come back")
                # This tick's news is lost; reconnecting sockets read it from the
                # database.
                for subscriber in self._subscribers:
                    subscriber.close(COME_BACK)
                await asyncio.sleep(1)

    async def _deliver_at(self, due: float, poll_every: float) -> None:
        """Gather the news until `due`, deliver it, and close sockets that must go."""
        self._take_news()
        if due - self._polled_at >= poll_every:
            self._polled_at = due
            await in_thread(self._unsent.read_missed)
        counts = await self._counts_due(due)
        await asyncio.sleep(due - time.monotonic())
        self._take_news()  # news that came during the read is sent with it
        if self._unsent.has_gap():
            await in_thread(self._unsent.read_missed)
        self._deliver(counts)
        if due - self._asked_at >= ALLOWED_EVERY:
            self._asked_at = due
            await self._turn_away()
        for subscriber in self._subscribers:
            subscriber.give_up_if_stuck(due)

    async def _turn_away(self) -> None:
        """Close the sockets that may not read any more. A socket that lost one project
        of several is asked to come back, and gets a snapshot of the others.
        """
        asked = [(s, c) for s in self._subscribers if (c := s.credential) is not None]
        wanted = {credential for _, credential in asked}
        readable = await in_thread(lambda: readable_now(wanted))
        for subscriber, credential in asked:
            now = readable.get(credential, frozenset())
            if not subscriber.project_ids <= now:
                is_partly = bool(subscriber.project_ids & now)
                subscriber.turn_away(COME_BACK if is_partly else NOT_ALLOWED)

    def _take_news(self) -> None:
        news, self._news = self._news, []
        self._unsent.add(news)

    # ---- fan-out --------------------------------------------------------------
    def _deliver(self, counts: dict[CountsOf, str]) -> None:
        news = self._unsent.take()
        if not (news or counts):
            return
        tick = TickNews(news, counts)
        for subscriber in list(self._subscribers):
            bundle = tick.bundle_for(subscriber.audience)
            if not bundle.is_empty:
                subscriber.offer(bundle)

    async def _counts_due(self, due: float) -> dict[CountsOf, str]:
        if due - self._aged_at >= AGED_EVERY:
            self._aged_at = due
            self._unsent.uncounted.update(*(s.project_ids for s in self._subscribers))
        if due - self._counted_at < COUNTED_EVERY or not self._unsent.uncounted:
            return {}
        self._counted_at = due
        moved = set(self._unsent.uncounted)
        counts = await self._counts_now(moved)
        self._unsent.uncounted -= moved
        return counts

    async def _counts_now(self, moved: set[int]) -> dict[CountsOf, str]:
        """The counts message for each choice of projects and span of the sockets."""
        wanted = {
            (s.project_ids, s.span)
            for s in self._subscribers
            if s.session_id is None and s.project_ids & moved
        }
        if not wanted:
            return {}

        def read() -> dict[CountsOf, str]:
            ids = frozenset().union(*(ids for ids, _ in wanted))
            found = {p.pk: p for p in store.projects(ids)}
            return {
                (ids, span): encode(
                    store.counts_message([found[i] for i in ids if i in found], span)
                )
                for ids, span in wanted
            }

        return await in_thread(read)


async def in_thread(function: Callable[[], Found]) -> Found:
    """Run a query in the pool, with a connection that is still alive.

    SQLite's stays open: `PRAGMA data_version` compares within one connection, so a new
    one at each tick would read all again though nothing was written.
    """

    def run() -> Found:
        if connection.vendor != "sqlite" or connection.errors_occurred:
            close_old_connections()
        refuse_another()  # the file that is open may have been moved away
        return function()

    return await sync_to_async(run, thread_sensitive=True)()


hub = Hub()
