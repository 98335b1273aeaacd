"""One channel-layer subscription per process, and the fan-out to its sockets.

The layer carries the news, the store is the truth: at each tick the hub also asks
the store for what it has not sent, so that an import in another process is seen.
A Channels group with 1,000 members delivers a twentieth of this (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import close_old_connections

from tracker.live import store
from tracker.live.messages import encode
from tracker.live.subscriber import Subscriber
from tracker.models.policy_shelf import present_policies

GROUP = "token-budget-live"
SENT_REMEMBERED = 20_000
OVERLAP_US = 2_000_000  # rows of another process may commit out of order
logger = logging.getLogger(__name__)


class Hub:
    """The sockets of this process. Use from the event loop only."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._news: list[dict[str, Any]] = []
        self._sent: OrderedDict[int, int] = OrderedDict()  # session -> changed_us
        self._sent_seqs: dict[int, set[int]] = {}  # project -> beyond the watermark
        self._seq: dict[int, int] = {}  # project -> all up to here was sent
        self._changed_us = 0
        self._data_version: int | None = None

    # ---- life -----------------------------------------------------------------
    async def start(self) -> None:
        await self._mark_present()
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

    def join(self, subscriber: Subscriber) -> None:
        self._subscribers.add(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    @property
    def size(self) -> int:
        return len(self._subscribers)

    # ---- news -----------------------------------------------------------------
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
                        self._news.extend(message["news"])
            except asyncio.CancelledError:
                raise
            except Exception:
                # The store still tells: sockets go on, a poll later than usual.
                logger.exception("The channel layer is away; trying again in 1 s")
                await asyncio.sleep(1)

    async def _tick(self) -> None:
        tick = settings.LIVE_TICK_MS / 1000
        poll_every = 1.0 if settings.REDIS_URL else tick
        polled = 0.0
        while True:
            await asyncio.sleep(tick)
            if not self._subscribers:
                continue
            try:
                news, self._news = self._news, []
                self._note_sent(news)
                if time.monotonic() - polled >= poll_every:
                    polled = time.monotonic()
                    news += await self._missed()
                await self._deliver(news)
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("The store did not answer the hub; sockets wait")
                await asyncio.sleep(1)

    def _note_sent(self, news: list[dict[str, Any]]) -> None:
        for item in news:
            if item["kind"] == "budget":
                self._sent[item["pk"]] = item["changed_us"]
                self._sent.move_to_end(item["pk"])
            else:
                self._sent_seqs.setdefault(item["project_id"], set()).add(item["seq"])
        while len(self._sent) > SENT_REMEMBERED:
            self._sent.popitem(last=False)

    async def _mark_present(self) -> None:
        def read() -> tuple[dict[int, int], int]:
            newest = store.LLMSession.objects.order_by("-changed_us")
            mark = newest.values_list("changed_us", flat=True).first() or 0
            return {p.pk: p.last_seq for p in store.projects()}, mark

        self._seq, self._changed_us = await in_thread(read)

    async def _missed(self) -> list[dict[str, Any]]:
        """What the store holds beyond what was sent."""
        news, version = await in_thread(self._read_missed)
        self._data_version = version
        self._note_sent(news)
        return news

    def _read_missed(self) -> tuple[list[dict[str, Any]], int | None]:
        version = store.data_version()
        if version is not None and version == self._data_version:
            return [], version
        news: list[dict[str, Any]] = []
        sessions, newest = store.changed_sessions(
            self._changed_us - (0 if version is not None else OVERLAP_US), self._sent
        )
        self._changed_us = max(self._changed_us, newest)
        budgets = store.budgets(sessions, present_policies())
        for session, message in zip(sessions, budgets, strict=True):
            news.append(_budget_news(session, message))
        for project in store.projects():
            news += self._missed_facts(project)
        return news, version

    def _missed_facts(self, project: Any) -> list[dict[str, Any]]:
        seq = self._seq.setdefault(project.pk, project.last_seq)
        sent = self._sent_seqs.setdefault(project.pk, set())
        news = []
        if not all(number in sent for number in range(seq + 1, project.last_seq + 1)):
            for message in store.facts_after(project, seq):
                if message["seq"] not in sent:
                    news.append(_fact_news(project.pk, message))
        self._seq[project.pk] = project.last_seq
        sent.difference_update(range(seq + 1, project.last_seq + 1))
        return news

    # ---- fan-out --------------------------------------------------------------
    async def _deliver(self, news: list[dict[str, Any]]) -> None:
        if not news:
            return
        latest = {(n["pk"], n["lane"]): n for n in news if n["kind"] == "budget"}
        facts = sorted(
            (n for n in news if n["kind"] != "budget"), key=lambda n: n["seq"]
        )
        counts = await self._counts_now({n["project_id"] for n in news})
        for subscriber in list(self._subscribers):
            subscriber.offer(list(latest.values()), facts, counts)

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


async def in_thread(function: Any) -> Any:
    """Run a query in the pool, with a connection that is still alive."""

    def run() -> Any:
        close_old_connections()
        return function()

    return await sync_to_async(run, thread_sensitive=True)()


hub = Hub()
