"""One channel-layer subscription per process, and the fan-out to its sockets.

The layer carries the news, the store is the truth: at each tick the hub also asks
the store for what it has not sent, so that an import in another process is seen.
A Channels group with 1,000 members delivers a twentieth of this (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from tracker.live import store
from tracker.live.bundles import TickNews
from tracker.live.messages import encode
from tracker.live.open_pages import OpenPages
from tracker.live.still_allowed import readable_now
from tracker.live.subscriber import Subscriber
from tracker.models import LLMSession
from tracker.models.policy_shelf import present_policies

GROUP = "token-budget-live"
SENT_REMEMBERED = 20_000
NOT_ALLOWED, COME_BACK = 4003, 1012  # websocket close codes
ALLOWED_EVERY = 2.0  # seconds: how soon a revoked key or a lost membership is seen
# The server leaves each closed socket as a circle of 7 KiB, and budget_site.memory
# lets Python look for circles too seldom for them: once for so many it takes 20 ms.
LEFT_MOST = 500
EARLY = 0.1  # of a tick: when its counts are read
OVERLAP_US = 2_000_000  # rows of another process may commit out of order
logger = logging.getLogger(__name__)
Found = TypeVar("Found")


class Hub:
    """The sockets of this process. Use from the event loop only."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self.pages = OpenPages()
        self._tasks: list[asyncio.Task[None]] = []
        self._joining = asyncio.Lock()
        self._news: list[dict[str, Any]] = []  # as the layer brought it
        self._out: list[dict[str, Any]] = []  # fresh, to be delivered
        self._sent: OrderedDict[int, int] = OrderedDict()  # session -> changed_us
        self._sent_seqs: dict[int, set[int]] = {}  # project -> beyond the watermark
        self._seq: dict[int, int] = {}  # project -> all up to here was sent
        self._left = 0
        self._uncounted: set[int] = set()  # projects with news since their counts
        self._sessions: dict[int, int] = {}  # project -> how many it had
        self._changed_us = 0
        self._data_version: Any = None

    # ---- life -----------------------------------------------------------------
    async def start(self) -> None:
        """The first socket marks where news begins; the store may be away till then."""
        self._tasks = [
            asyncio.create_task(self._pump(), name="live pump"),
            asyncio.create_task(self._tick(), name="live tick"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for subscriber in list(self._subscribers):
            subscriber.close(code=1012)  # service restart: come back

    async def join(self, subscriber: Subscriber) -> None:
        """From now on it is offered all news. The first one finds no old news: what
        happened while nobody watched is in its snapshot.
        """
        async with self._joining:
            if not self._subscribers:
                await self._mark_present()
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
    def take(self, news: list[dict[str, Any]]) -> None:
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
                    self.take(msgspec.msgpack.decode(message["packed"]))
            except asyncio.CancelledError:
                raise
            except Exception as error:
                # The store still tells: sockets go on, a poll later than usual.
                logger.warning("The channel layer is away: %s", type(error).__name__)
                await asyncio.sleep(1)

    async def _tick(self) -> None:
        tick = settings.LIVE_TICK_MS / 1000
        # What this site itself records is told; the poll is for other processes.
        poll_every = 1.0 if settings.REDIS_URL else max(tick, 0.25)
        polled = asked = due = 0.0
        while True:
            due = max(due + tick, time.monotonic())
            # A little early: what is read takes its time before the tick, not after.
            await asyncio.sleep(due - tick * EARLY - time.monotonic())
            if self._left >= LEFT_MOST:
                self._left = 0
                gc.collect()
            if not self._subscribers:
                continue
            try:
                self._take_news()
                if due - polled >= poll_every:
                    polled = due
                    self._data_version = await in_thread(self._read_missed)
                moved = self._uncounted | {item["project_id"] for item in self._out}
                counts = await self._counts_now(moved) if moved else {}
                self._uncounted -= moved
                await asyncio.sleep(due - time.monotonic())
                read = len(self._out)
                self._take_news()  # what came meanwhile need not wait
                if self._has_gap():
                    self._data_version = await in_thread(self._read_missed)
                self._uncounted |= {item["project_id"] for item in self._out[read:]}
                if self._out or counts:
                    self._deliver(counts)
                if due - asked >= ALLOWED_EVERY:
                    asked = due
                    await self._turn_away()
                for subscriber in self._subscribers:
                    subscriber.give_up_if_stuck(due)
            except asyncio.CancelledError:
                raise
            except DatabaseError as error:
                logger.warning("Sockets wait for the store: %s", error)
                await asyncio.sleep(1)
            except Exception:
                logger.exception("The hub failed at a tick; sockets come back")
                # What it was to tell is lost here: the store tells it them again.
                for subscriber in self._subscribers:
                    subscriber.close(COME_BACK)
                await asyncio.sleep(1)

    async def _turn_away(self) -> None:
        """Close the sockets of those who may not read any more. Who lost one project
        of several comes back, to a snapshot of the others.
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
        self._out += self._fresh(news)

    def _fresh(self, news: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the store has not already told of, noted as sent: the layer's news of
        a commit may come after the tick that has read it.
        """
        fresh = [item for item in news if self._note(item)]
        while len(self._sent) > SENT_REMEMBERED:
            self._sent.popitem(last=False)
        return fresh

    def _note(self, item: dict[str, Any]) -> bool:
        """Whether this is news. A gauge that was overtaken is none."""
        if item["kind"] == "budget":
            newest = self._sent.get(item["pk"], 0)
            self._sent[item["pk"]] = max(newest, item["changed_us"])
            self._sent.move_to_end(item["pk"])
            return bool(item["changed_us"] >= newest)
        project, seq = item["project_id"], item["seq"]
        sent = self._sent_seqs.setdefault(project, set())
        if seq <= self._seq.get(project, 0) or seq in sent:
            return False
        sent.add(seq)
        return True

    def _has_gap(self) -> bool:
        """Whether a fact is there whose forerunner is not: facts go out in order, so
        that a reader who leaves knows by its last one what it has missed.
        """
        return any(
            max(sent, default=0) - self._seq.get(project, 0) > len(sent)
            for project, sent in self._sent_seqs.items()
        )

    async def _mark_present(self) -> None:
        def read() -> tuple[list[Any], int]:
            newest = LLMSession.objects.order_by("-changed_us")
            mark = newest.values_list("changed_us", flat=True).first() or 0
            return store.projects(), mark

        projects, self._changed_us = await in_thread(read)
        self._seq = {p.pk: p.last_seq for p in projects}
        self._sessions = {p.pk: store.session_count(p) for p in projects}
        self._sent_seqs, self._data_version = {}, None

    def _read_missed(self) -> Any:
        """Add what the store holds beyond what was sent. Answers its data version."""
        version = store.data_version()
        if version is not None and version == self._data_version:
            return version
        sessions, newest = store.changed_sessions(
            self._changed_us - (0 if version is not None else OVERLAP_US), self._sent
        )
        self._changed_us = max(self._changed_us, newest)
        budgets = store.budgets(sessions, present_policies())
        for session, message in zip(sessions, budgets, strict=True):
            item = _budget_news(session, message)
            if self._note(item):
                self._out.append(item)
        for project in store.projects():
            self._read_missed_facts(project)
            count = store.session_count(project)
            if count < self._sessions.get(project.pk, 0):
                # Deleted or pruned, whichever process did it: no row is left to tell.
                self._uncounted.add(project.pk)
            self._sessions[project.pk] = count
        return version

    def _read_missed_facts(self, project: Any) -> None:
        last = project.last_seq
        seq = self._seq.setdefault(project.pk, last)
        sent = self._sent_seqs.setdefault(project.pk, set())
        while not all(number in sent for number in range(seq + 1, last + 1)):
            found = store.facts_after(project, seq, until=last)
            missed = [m for m in found if m["seq"] not in sent]
            self._out += [_fact_news(project.pk, message) for message in missed]
            if len(found) < store.REPLAYED:
                break
            seq = self._seq[project.pk] = found[-1]["seq"]
        self._seq[project.pk] = last
        sent.difference_update([number for number in sent if number <= last])

    # ---- fan-out --------------------------------------------------------------
    def _deliver(self, counts: dict[frozenset[int], str]) -> None:
        news, self._out = self._out, []
        tick = TickNews(news, counts)
        for subscriber in list(self._subscribers):
            bundle = tick.bundle_for(subscriber.project_ids, subscriber.session_id)
            if not bundle.is_empty:
                subscriber.offer(bundle)

    async def _counts_now(self, moved: set[int]) -> dict[frozenset[int], str]:
        """The counts message of each group of projects that sockets look at."""
        wanted = {
            s.project_ids
            for s in self._subscribers
            if s.session_id is None and s.project_ids & moved
        }
        if not wanted:
            return {}

        def read() -> dict[frozenset[int], str]:
            found = {p.pk: p for p in store.projects(frozenset().union(*wanted))}
            return {
                ids: encode(store.counts_message([found[i] for i in ids if i in found]))
                for ids in wanted
            }

        return await in_thread(read)


def _budget_news(session: Any, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "budget",
        "project_id": session.project_id,
        "pk": session.pk,
        "lane": message["lane"],
        "changed_us": session.changed_us,
        "text": encode(message),
    }


def _fact_news(project_id: int, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": message["type"],
        "project_id": project_id,
        "pk": message["pk"],
        "lane": "main",
        "seq": message["seq"],
        "text": encode(message),
    }


async def in_thread(function: Callable[[], Found]) -> Found:
    """Run a query in the pool, with a connection that is still alive."""

    def run() -> Found:
        close_old_connections()
        return function()

    return await sync_to_async(run, thread_sensitive=True)()


hub = Hub()
