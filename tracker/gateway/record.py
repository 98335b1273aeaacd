"""Stores one usage sample per answer; nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from tracker.api.errors import ApiError
from tracker.api.intake.threads import in_store_thread
from tracker.domain.providers.reported_usage import normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.domain.reports import CompressionReport, Parts, UsageReport, attribute
from tracker.gateway.request.body import Outline
from tracker.gateway.request.conversation import Conversation
from tracker.gateway.upstream.answers import Answered
from tracker.ingest.arrivals import Arrival, Outcome, Saturated, StoreUnavailable
from tracker.ingest.door.process import get_writer
from tracker.sources.session_keys import without_controls

ORIGIN = "gateway"
MOST_WAITING = 2_000
ATTEMPTS = 8
PAUSE_SECONDS = 0.25  # twice as long after each try, up to MOST_PAUSE_SECONDS
MOST_PAUSE_SECONDS = 15.0
BYTES_PER_TOKEN = 4  # of JSON; only to share a known total out among its parts
logger = logging.getLogger(__name__)


def usage_report(
    outline: Outline,
    conversation: Conversation,
    answered: Answered,
    *,
    window_tokens: int | None = None,
    message_count: int | None = None,
    messages_bytes: int | None = None,
) -> UsageReport:
    """What this answer tells of the window. Without usage in it, as OpenAI's chat
    streams are unless asked, the request is estimated. `message_count`: of those that
    the policy limits. `messages_bytes`: as they were sent, where that was less.
    """
    report = UsageReport(
        session=conversation.session,
        used_tokens=0,
        parts=Parts(),
        source="estimated",
        event_id=without_controls(answered.response_id)[:255] or None,
        lane=conversation.lane,
        model=without_controls(answered.model or outline.model)[:200],
        message_count=message_count,
        window_tokens=window_tokens,
        window_source="client" if window_tokens else "",
        origin=ORIGIN,
    )
    try:
        usage = normalise_usage(answered.usage)
    except UsageError:
        used = _estimated(outline, messages_bytes)
        parts = shares(outline, used)
        return replace(report, used_tokens=used, parts=parts, parts_source="estimated")
    return replace(
        report,
        used_tokens=usage.used_tokens,
        parts=shares(outline, usage.used_tokens),
        source="reported",
        parts_source="estimated",
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_creation_tokens=usage.cache_creation_tokens,
        cache_hour_tokens=usage.cache_hour_tokens or None,
        cache_reason=answered.cache_reason,
    )


def _estimated(outline: Outline, messages_bytes: int | None) -> int:
    sent = outline.messages_bytes if messages_bytes is None else messages_bytes
    size = outline.system_bytes + outline.tools_bytes + sent
    return size // BYTES_PER_TOKEN


def shares(outline: Outline, total: int) -> Parts:
    """The total shared out by the size of system prompt, tools and messages. Images
    stand in the messages with far more bytes than tokens, so these take the rest.
    """
    system = outline.system_bytes // BYTES_PER_TOKEN
    tools = outline.tools_bytes // BYTES_PER_TOKEN
    history = max(total - system - tools, 0)
    return attribute(total, Parts(system=system, tools=tools, history=history))


class Records:
    """Hands samples to the writing door. What the database does not take now is tried
    again for about a minute; at most MOST_WAITING wait, then the newest are lost, and
    the log says how many.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[tuple[int, str, str], asyncio.Lock]
        self._turns = WeakValueDictionary()

    def add(
        self,
        project_id: int,
        key_id: int,
        report: UsageReport | CompressionReport,
        then: Callable[[Outcome], Any],
        whole: Coroutine[Any, Any, UsageReport] | None = None,
    ) -> None:
        """`then` is told what became of it, once it is stored. `whole` tells more of
        the same report, soon.
        """
        if len(self._tasks) >= MOST_WAITING:
            if whole is not None:
                whole.close()
            logger.error("A call's usage is lost: %d wait already", MOST_WAITING)
            return
        arrival = Arrival(project_id, report, datetime.now(UTC), key_id)
        task = asyncio.create_task(self._store(arrival, then, whole))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _store(
        self,
        arrival: Arrival,
        then: Callable[[Outcome], Any],
        whole: Coroutine[Any, Any, UsageReport] | None,
    ) -> None:
        # A lane's answers in their order: a sample that overtakes the one before it, as
        # while the rules of its project are looked up anew, would make that a late one,
        # which moves no gauge. Of its lane alone, so that nobody else waits for them.
        report = arrival.report
        lane = (arrival.project_id, report.session, report.lane)
        async with self._turns.setdefault(lane, asyncio.Lock()):
            if whole is not None:
                arrival = replace(arrival, report=await whole)
            handed = await get_writer().hand_over([arrival])
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = min(PAUSE_SECONDS * 2 ** (attempt - 1), MOST_PAUSE_SECONDS)
                await asyncio.sleep(pause)
                handed = await get_writer().hand_over([arrival])
            try:
                answer = (await handed)[0]
            except (Saturated, StoreUnavailable):
                continue
            if isinstance(answer, Outcome):
                then(answer)
            else:
                logger.warning("A call's usage was refused: %s", answer.message)
            return
        logger.error("A call's usage is lost: the database took it in no try")

    def do(self, work: Callable[[], object]) -> None:
        """Work that queries, in a thread; nobody waits for it."""
        task = asyncio.get_running_loop().create_task(self._do(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, work: Callable[[], object]) -> None:
        try:
            await in_store_thread(work)
        except ApiError as error:
            logger.warning("Not written: %s", error)

    async def drain(self) -> None:
        """Wait until all is stored: at shutdown, before the writer ends."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=5)


records = Records()
