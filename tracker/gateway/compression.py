"""Makes cuts for calls: prepared from the warning level on, waited for when due."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.db import connection

from tracker.domain.compression import OptimizeRequest
from tracker.domain.cuts.cut import Cut
from tracker.domain.reports import MAIN_LANE, CompressionReport
from tracker.gateway.cuts import Outgoing
from tracker.gateway.judgement import Judged
from tracker.gateway.request.body import RequestBody
from tracker.gateway.request.conversation import Conversation
from tracker.ingest.compressing.compress import lane_of, originals_of
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.models import LLMSession
from tracker.reading.tokenizers import counting_method
from tracker.summarisers.registry import summariser_named
from tracker.workers.callers import Caller, on_behalf_of
from tracker.workers.jobs.counted import CountingOrder
from tracker.workers.jobs.relayed import Relayed, RelayedOrder, compress_relayed
from tracker.workers.pool import run_in_worker

RESCUE_SECONDS = 30.0
OWN_THREADS = 4
SUMMARISER_THREADS = 32  # they only wait, for as long as a summariser is silent
REMEMBERED = 2_000  # lanes
# A compression that failed or freed too little is tried again when the conversation has
# grown by a tenth.
AGAIN_AFTER = 1.1
logger = logging.getLogger(__name__)
_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A compression that is done and not used yet: `cut` replaces the messages with its
    digest. `report` None: no compression was worth it.
    """

    cut: Cut | None
    after_tokens: int
    sent_bytes: int  # of the messages it was made from
    report: CompressionReport | None

    def fits(self, digests: Sequence[bytes]) -> bool:
        return self.cut is not None and self.cut.begins(digests)


@dataclass(slots=True)
class _Lane:
    prepared: Prepared | None = None
    job: asyncio.Task[Prepared | None] | None = None
    has_waited: bool = False  # a call has waited for this job
    tried_bytes: int = 0
    cut_at: float | None = None
    is_advised: bool = False


class Compressor:
    """Makes compressions in worker processes, one at a time for each lane.

    A call waits no longer than its policy says. Then it is sent unchanged; the
    compression goes on and the next call uses it. A failure is logged, and the call is
    sent unchanged.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lanes: OrderedDict[_Key, _Lane] = OrderedDict()
        self._clock = clock
        # Waiting for a worker blocks a thread. In the loop's own pool that would stop
        # the look-up of keys and cuts, so these jobs have threads of their own.
        # A summariser may be silent for minutes. Its jobs (True) wait in a second pool
        # and take no thread from projects that use no summariser (False).
        self._threads: dict[bool, ThreadPoolExecutor] = {}

    def ready(self, key: _Key, digests: Sequence[bytes]) -> Prepared | None:
        """What is prepared for these messages."""
        lane = self._lanes.get(key)
        if lane is None or lane.prepared is None or not lane.prepared.fits(digests):
            return None
        return lane.prepared

    def cools_down(self, key: _Key, seconds: int) -> bool:
        lane = self._lanes.get(key)
        at = lane.cut_at if lane is not None else None
        return at is not None and self._clock() - at < seconds

    def used(self, key: _Key) -> None:
        """The prepared cut of this lane is in use from now on."""
        lane = self._lane(key)
        lane.prepared, lane.cut_at, lane.tried_bytes = None, self._clock(), 0

    def may_wait(self, key: _Key) -> bool:
        """One call waits for a compression that takes long; the next ones go out."""
        lane = self._lane(key)
        has_waited, lane.has_waited = lane.has_waited, True
        return not has_waited

    def take_advice(self, key: _Key, *, is_due: bool) -> bool:
        """Whether advice is to be given now: once each time compression becomes due."""
        lane = self._lane(key)
        is_new = is_due and not lane.is_advised
        lane.is_advised = is_due
        return is_new

    def start(
        self,
        key: _Key,
        work: Callable[[], Prepared | None],
        *,
        sent_bytes: int,
        is_urgent: bool = False,
        asks_others: bool = False,
    ) -> asyncio.Task[Prepared | None] | None:
        """The lane's running compression, or a new one; None while one that was tried a
        moment ago found too little. `asks_others`: a summariser makes it.
        """
        lane = self._lane(key)
        if lane.job is not None and not lane.job.done():
            return lane.job
        if not is_urgent and sent_bytes < lane.tried_bytes * AGAIN_AFTER:
            return None
        lane.tried_bytes, lane.has_waited = sent_bytes, False
        lane.job = asyncio.get_running_loop().create_task(
            self._do(lane, work, self._threads_for(asks_others))
        )
        return lane.job

    def _threads_for(self, asks_others: bool) -> ThreadPoolExecutor:
        if asks_others not in self._threads:
            most = SUMMARISER_THREADS if asks_others else OWN_THREADS
            threads = ThreadPoolExecutor(most, thread_name_prefix="gateway")
            self._threads[asks_others] = threads
        return self._threads[asks_others]

    async def _do(
        self,
        lane: _Lane,
        work: Callable[[], Prepared | None],
        threads: ThreadPoolExecutor,
    ) -> Prepared | None:
        try:
            done = await asyncio.get_running_loop().run_in_executor(threads, work)
        except Exception as error:  # noqa: BLE001  # whatever it is, the call goes on
            logger.warning("A call was not compressed: %s", error)
            return None
        if done is not None and done.cut is not None:
            lane.prepared = done
        return done

    def _lane(self, key: _Key) -> _Lane:
        lane = self._lanes.setdefault(key, _Lane())
        self._lanes.move_to_end(key)
        while len(self._lanes) > REMEMBERED:
            self._lanes.popitem(last=False)
        return lane

    async def stop(self) -> None:
        """At shutdown: forget what runs; its worker ends by itself."""
        known = (lane.job for lane in self._lanes.values())
        jobs = [job for job in known if job is not None and not job.done()]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)
        self._threads = {}
        self.forget_all()

    def forget_all(self) -> None:
        self._lanes.clear()


@dataclass(frozen=True, slots=True)
class Work:
    """Everything a compression needs, for a thread that may query and wait.

    `floor_tokens` is the least that the request takes, if a provider reported it.
    `window_tokens` replaces the judgement's window if a provider's refusal named it.
    """

    project_id: int
    conversation: Conversation
    read: RequestBody
    sent: Outgoing
    digests: Sequence[bytes]
    judged: Judged
    force: bool = False
    floor_tokens: int | None = None
    window_tokens: int | None = None

    @property
    def asks_others(self) -> bool:
        return summariser_named(self.judged.policy.summariser) is not None

    def __call__(self) -> Prepared | None:
        try:
            order = self._order()
            with on_behalf_of(Caller(self.project_id)):
                lane = lane_of(order.request)
                done = run_in_worker(compress_relayed, order, lane=lane)
        finally:
            if connection.vendor != "sqlite":
                connection.close()
        return self._prepared(done)

    def _order(self) -> RelayedOrder:
        policy, outline = self.judged.policy, self.read.outline
        session = LLMSession.objects.filter(
            project=self.project_id, key=self.conversation.session
        ).first()
        lane = self.conversation.lane
        limits = self.judged.status.limits
        return RelayedOrder(
            shape=outline.shape,
            messages=tuple(self.sent.messages),
            system=self.read.system,
            tools=self.read.tools,
            request=OptimizeRequest(
                session_id=self.conversation.session,
                messages=(),
                policy=policy,
                model=outline.model,
                force=self.force,
                window_tokens=self.window_tokens or limits.window_tokens,
                window_source=self.judged.status.window_source,
                messages_since_compression=(None if self.judged.counts_messages else 0),
                summarise=summariser_named(policy.summariser),
            ),
            counting=CountingOrder(
                counting_method(policy.counting),
                outline.model,
                floor_tokens=self.floor_tokens,
            ),
            keeping=keeping_of(self.project_id),
            held=self.sent.held,
            originals=(
                originals_of(session.pk, lane)
                if session is not None and self.sent.cut is not None
                else ()
            ),
        )

    def _prepared(self, done: Relayed) -> Prepared | None:
        if done.report is None:
            logger.info("Nothing was compressed: %s", done.skipped)
            return None
        cut = None
        if done.replacement is not None:
            earlier = self.sent.cut
            count = done.covered
            if earlier is not None:
                count += earlier.message_count - self.sent.held
            cut = Cut(
                message_count=count,
                digest=self.digests[count - 1],
                replacement=done.replacement,
                new_messages=done.new_messages,
            )
        lane = self.conversation.lane
        report = replace(done.report, lane=lane, cut=cut)
        if lane != MAIN_LANE:
            report = replace(report, sets_gauge=False)
        return Prepared(cut, self._after(done), self.sent.size, report)

    def _after(self, done: Relayed) -> int:
        """The tokens after a compression, on the provider's scale. Counted 20,000
        before and 10,000 after, and the provider reported 16,000 before: 8,000 after.
        """
        if self.floor_tokens is None or done.before_tokens <= self.floor_tokens:
            return done.after_tokens
        return done.after_tokens * self.floor_tokens // done.before_tokens


compressor = Compressor()
