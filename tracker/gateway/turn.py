"""One model call: what is sent for it, and what is done when it is refused."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b

from tracker.api.intake.http import Headers, header
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.cuts.cut import Cut
from tracker.domain.reports import CompressionReport
from tracker.gateway.address import Provider
from tracker.gateway.answers import Answered
from tracker.gateway.compression import RESCUE_SECONDS, Prepared, Work, compressor
from tracker.gateway.conversation import Conversation, conversations
from tracker.gateway.cuts import Outgoing, digests_of, known_cut, outgoing
from tracker.gateway.judgement import HOUR_MARK, Judged, asked_window, judge
from tracker.gateway.record import BYTES_PER_TOKEN, records, usage_report
from tracker.gateway.request_body import RequestBody
from tracker.ingest.arrivals import Outcome, new_event_id
from tracker.ingest.compressing import cuts
from tracker.ingest.door.gateway_calls import call_log
from tracker.models import GatewayCall

# Of what was sent, not of who sends it or how often.
REFUSALS = (400, 413, 422)
_TOO_LONG = re.compile(
    rb"prompt is too long|context_length_exceeded|maximum context length"
    rb"|input is too long|exceeds? the (maximum number of tokens|context window)"
    rb"|input token count .{0,60}exceeds",
    re.IGNORECASE,
)
_TOKENS = re.compile(rb"(\d{4,9}) tokens? ?> ?(\d{4,9})")


class Turn:
    """One understood call. `body` is what to send: the client's own bytes unless a cut
    stands for the beginning of its messages.
    """

    def __init__(
        self,
        grant: KeyGrant,
        provider: Provider,
        policies: PolicyBook,
        headers: Headers,
        read: RequestBody,
        original: bytes,
    ) -> None:
        self.project_id, self.key_id = grant.project_id, grant.key_id
        self.facts = read.facts
        self.conversation: Conversation = conversations.of(
            self.project_id, self.key_id, read.facts, headers
        )
        self.window_tokens = asked_window(header(headers, b"anthropic-beta"))
        self.body = original
        self.action = "untouched"
        self.waited = 0.0
        self.sent_bytes = read.facts.messages_bytes
        self.compression_id = 0
        self._cut: Cut | None = None
        self._refused: Cut | None = None
        self._told_tokens = 0
        self._may_cut = provider.dialect != "other" and bool(read.messages)
        self._policies = policies
        # Dropped as soon as the answer streams: hundreds of streams may be open.
        self._read: RequestBody | None = read
        self._original: bytes | None = original
        self._digests: Sequence[bytes] = ()
        self.judged: Judged | None = None
        self._counted_messages: int | None = None

    @property
    def key(self) -> tuple[int, str, str]:
        return self.project_id, self.conversation.session, self.conversation.lane

    @property
    def is_original(self) -> bool:
        return self._cut is None

    @property
    def is_control(self) -> bool:
        """Whether this conversation is left alone, to compare: always the same ones."""
        assert self.judged is not None
        share = self.judged.policy.gateway_control_share
        if not share:
            return False
        text = f"{self.project_id}\0{self.conversation.session}".encode()
        return blake2b(text, digest_size=2).digest()[0] * 100 // 256 < share

    async def decide(self) -> None:
        """Find the cut to send, and compress where that is due."""
        read = self._read
        assert read is not None
        if not self._may_cut:
            self._judge(outgoing(read, None))
            return
        self._digests = digests_of(read)
        cut = await known_cut(self.project_id, self.conversation.session, self._digests)
        sent = outgoing(read, cut)
        self._judge(sent)
        assert self.judged is not None
        if cut is not None:
            self._send(sent, "cut")
        mode = self.judged.policy.mode
        if mode == "observe" or self.is_control or read.facts.asks_provider:
            return
        if mode == "advise":
            self._advise(sent)
        elif self.judged.trigger:
            await self._compress(sent)
        elif self.judged.status.level == "warning":
            self._prepare(sent, force=True)

    async def count(self) -> None:
        """For a request that only counts: the cut of the call that will follow."""
        read = self._read
        assert read is not None
        if self._may_cut:
            self._digests = digests_of(read)
            session = self.conversation.session
            cut = await known_cut(self.project_id, session, self._digests)
            if cut is not None:
                self._send(outgoing(read, cut), "cut")

    def _judge(self, sent: Outgoing) -> None:
        read = self._read
        assert read is not None
        self.judged = judge.judged(
            self._policies,
            self.project_id,
            self.conversation,
            read.facts,
            self.window_tokens,
            messages_bytes=len(sent.array),
            new_messages=sent.new_messages,
            cut=sent.cut_digest,
            asks_for_hour=HOUR_MARK in read.text,
        )
        counts = self.judged.counts_messages
        self._counted_messages = sent.new_messages if counts else None

    def _send(self, sent: Outgoing, action: str) -> None:
        read = self._read
        assert read is not None and sent.cut is not None
        self.body = read.with_messages(sent.array)
        self.sent_bytes = len(sent.array)
        self.action = action
        self._cut = sent.cut
        self.compression_id = sent.cut.compression_id

    async def _compress(self, sent: Outgoing) -> None:
        judged = self.judged
        assert judged is not None
        ready = compressor.ready(self.key, self._digests)
        if ready is None or not self._is_enough(ready, sent):
            is_gentle = judged.trigger in ("messages", "budget")
            cooldown = judged.policy.cooldown_seconds
            if is_gentle and compressor.cools_down(self.key, cooldown):
                return
            job = self._prepare(sent)
            if job is None:
                return
            seconds = judged.policy.gateway_wait_seconds
            seconds = seconds if compressor.may_wait(self.key) else 0
            ready = await self._wait_for(job, seconds)
        if ready is not None and ready.fits(self._digests):
            self._use(ready, sent, judged.trigger)

    async def _wait_for(
        self, job: asyncio.Task[Prepared | None], seconds: float
    ) -> Prepared | None:
        started = time.perf_counter()
        done, _ = await asyncio.wait((job,), timeout=seconds)
        self.waited += time.perf_counter() - started
        return job.result() if done and not job.cancelled() else None

    def _is_enough(self, ready: Prepared, sent: Outgoing) -> bool:
        """What was prepared some turns ago may free too little by now."""
        judged = self.judged
        assert judged is not None
        grown = max(0, len(sent.array) - ready.sent_bytes) // BYTES_PER_TOKEN
        return ready.after_tokens + grown < judged.status.limits.compress_tokens

    def _prepare(
        self,
        sent: Outgoing,
        *,
        force: bool = False,
        floor_tokens: int | None = None,
        window_tokens: int | None = None,
        is_urgent: bool = False,
    ) -> asyncio.Task[Prepared | None] | None:
        judged, read = self.judged, self._read
        assert judged is not None and read is not None
        if force and not is_urgent and compressor.ready(self.key, self._digests):
            return None
        if judged.is_known and floor_tokens is None:
            floor_tokens = judged.status.used_tokens
        work = Work(
            self.project_id,
            self.conversation,
            read,
            sent,
            self._digests,
            judged,
            force=force,
            floor_tokens=floor_tokens,
            window_tokens=window_tokens,
        )
        return compressor.start(
            self.key,
            work,
            sent_bytes=len(sent.array),
            is_urgent=is_urgent,
            asks_others=work.asks_others,
        )

    def _use(
        self, ready: Prepared, sent: Outgoing, trigger: str, action: str = "compressed"
    ) -> None:
        """Send this cut from now on, and record its compression."""
        read, judged, cut = self._read, self.judged, ready.cut
        assert read is not None and judged is not None
        assert cut is not None and ready.report is not None
        cuts.remember(self.project_id, self.conversation.session, cut)
        compressor.used(self.key)
        before = judged.status.used_tokens
        if self._told_tokens:  # the refusal says it exactly
            before = self._told_tokens
        elif not judged.is_known:
            before = max(before, ready.report.before_tokens)
        self._send(outgoing(read, cut), action)
        self._judge(outgoing(read, cut))
        grown = max(0, len(sent.array) - ready.sent_bytes) // BYTES_PER_TOKEN
        report = replace(
            ready.report,
            event_id=new_event_id(),
            trigger=trigger,
            before_tokens=before,
            after_tokens=ready.after_tokens + grown,
        )
        records.add(self.project_id, self.key_id, report, self._learn_compression)

    def _learn_compression(self, outcome: Outcome) -> None:
        cut, refused = self._cut, self._refused
        if outcome.compression_id is None:
            return
        if refused is not None:  # before it was known under which number it is stored
            known = replace(refused, compression_id=outcome.compression_id)
            self._refuse(known)
            return
        if cut is None:
            return
        self.compression_id = outcome.compression_id
        self._cut = replace(cut, compression_id=outcome.compression_id)
        cuts.remember(self.project_id, self.conversation.session, self._cut)

    def _advise(self, sent: Outgoing) -> None:
        """Plan in the background what would be done, and record it as advice."""
        judged = self.judged
        assert judged is not None
        if not compressor.take_advice(self.key, is_due=bool(judged.trigger)):
            return
        job = self._prepare(sent)
        if job is None:
            return
        trigger = judged.trigger

        def record(done: asyncio.Task[Prepared | None]) -> None:
            found = None if done.cancelled() else done.result()
            if found is not None and found.report is not None:
                report: CompressionReport = replace(
                    found.report, event_id=new_event_id(), trigger=trigger
                )
                records.add(self.project_id, self.key_id, report, _nothing)

        job.add_done_callback(record)

    async def after_refusal(self, text: bytes) -> bool:
        """Whether the call is to be sent once more, as `body` is then.

        A prompt that is too long is compressed further; any other refusal of what a
        cut changed is answered with the client's own bytes.
        """
        judged, read = self.judged, self._read
        assert read is not None and self._original is not None
        is_too_long = _TOO_LONG.search(text) is not None
        if self._cut is not None and not is_too_long:
            self._forget_cut()
            self.body, self.action = self._original, "refused"
            self.sent_bytes = read.facts.messages_bytes
            return True
        if judged is None or not is_too_long or not self._may_cut:
            return False
        if judged.policy.mode != "apply" or self.is_control:
            return False
        if read.facts.asks_provider:
            return False
        return await self._rescue(read, text)

    async def _rescue(self, read: RequestBody, text: bytes) -> bool:
        told = _TOKENS.search(text)
        self._told_tokens = int(told[1]) if told else 0
        sent = outgoing(read, self._cut)
        job = self._prepare(
            sent,
            force=True,
            floor_tokens=int(told[1]) if told else None,
            window_tokens=int(told[2]) if told else None,
            is_urgent=True,
        )
        if job is None:
            return False
        ready = await self._wait_for(job, RESCUE_SECONDS)
        if ready is None or not ready.fits(self._digests):
            return False
        self._use(ready, sent, "exceeded", "rescued")
        return True

    def _forget_cut(self) -> None:
        self._refused, self._cut = self._cut, None
        assert self._refused is not None
        self._refuse(self._refused)

    def _refuse(self, cut: Cut) -> None:
        session = self.conversation.session
        cuts.memory.drop((self.project_id, session), cut.digest)
        records.do(lambda: cuts.refuse(self.project_id, session, cut))

    def let_go(self) -> None:
        """The answer streams: nothing is sent again."""
        self._read = self._original = None
        self.body = b""
        self._digests = ()

    def own_headers(self) -> dict[str, str]:
        assert self.judged is not None
        status = self.judged.status
        found = {
            "x-token-budget-session": self.conversation.session,
            "x-token-budget-level": status.level,
            "x-token-budget-used-percent": f"{status.used_ratio * 100:.1f}",
        }
        if self._cut is not None and self.compression_id:
            found["x-token-budget-compression"] = str(self.compression_id)
        return found

    def finish(self, row: GatewayCall, answered: Answered | None) -> None:
        """Record what the answer said, and the call itself."""
        row.lane, row.action = self.conversation.lane, self.action
        row.is_control = self.judged is not None and self.is_control
        row.at = datetime.now(UTC)
        if answered is None:
            call_log.note(row)
            return
        if answered.response_id:
            conversations.note_answer(
                self.project_id, answered.response_id, self.conversation
            )
        report = usage_report(
            self.facts,
            self.conversation,
            answered,
            window_tokens=self.window_tokens,
            message_count=self._counted_messages,
            messages_bytes=self.sent_bytes,
        )
        row.input_tokens = report.input_tokens
        row.cache_read_tokens = report.cache_read_tokens
        row.cache_creation_tokens = report.cache_creation_tokens
        cut = self._cut.digest if self._cut is not None else b""

        def learn(outcome: Outcome) -> None:
            judge.learn(
                self.project_id,
                self.conversation,
                self.facts,
                used_tokens=report.used_tokens,
                session_id=outcome.session_id,
                messages_bytes=self.sent_bytes,
                cut=cut,
            )
            row.session_id = outcome.session_id
            row.compression_id = self.compression_id if cut else None
            call_log.note(row)

        records.add(self.project_id, self.key_id, report, learn)


def _nothing(_: Outcome) -> None:
    """Nobody waits for it."""
