"""What is sent for a call: the client's bytes, a stored cut, or a new one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from tracker.domain.reports import CompressionReport
from tracker.gateway.compression import Prepared, Work, compressor
from tracker.gateway.cuts import Outgoing, known_cut, outgoing
from tracker.gateway.record import BYTES_PER_TOKEN
from tracker.gateway.turn.recording import record_advice, record_compression
from tracker.gateway.turn.stopping import stops
from tracker.gateway.turn.turn import Turn
from tracker.ingest.arrivals import new_event_id
from tracker.ingest.compressing import cuts


async def decide(turn: Turn) -> None:
    """Find the cut to send, and compress where that is due; or stop the call."""
    if not turn.may_cut:
        turn.judge(outgoing(turn.read, None))
        turn.stop = await stops.of(turn)
        return
    sent = await _with_known_cut(turn)
    turn.judge(sent)
    turn.stop = await stops.of(turn)
    if turn.stop is not None:
        return
    if sent.cut is not None:
        turn.send(sent, "cut")
    if turn.judged.policy.mode == "advise" and not _is_left_alone(turn):
        _advise(turn, sent)
    if not turn.may_compress:
        return
    if turn.judged.trigger:
        await _compress(turn, sent)
    elif turn.judged.status.level == "warning":
        prepare(turn, sent, force=True)


async def count(turn: Turn) -> None:
    """For a request that only counts: the cut of the call that will follow."""
    if turn.may_cut:
        sent = await _with_known_cut(turn)
        if sent.cut is not None:
            turn.send(sent, "cut")


async def _with_known_cut(turn: Turn) -> Outgoing:
    cut = await known_cut(
        turn.project_id,
        turn.conversation.session,
        turn.outline.message_count,
        lambda: turn.digests,
    )
    return outgoing(turn.read, cut)


def _is_left_alone(turn: Turn) -> bool:
    return turn.is_control or turn.outline.asks_provider


async def _compress(turn: Turn, sent: Outgoing) -> None:
    judged = turn.judged
    ready = compressor.ready(turn.key, turn.digests)
    if ready is None or not _is_enough(turn, ready, sent):
        is_gentle = judged.trigger in ("messages", "budget")
        cooldown = judged.policy.cooldown_seconds
        if is_gentle and compressor.cools_down(turn.key, cooldown):
            return
        job = prepare(turn, sent)
        if job is None:
            return
        seconds = judged.policy.gateway_wait_seconds
        seconds = seconds if compressor.may_wait(turn.key) else 0
        ready = await wait_for(turn, job, seconds)
    if ready is not None and ready.fits(turn.digests):
        use(turn, ready, sent, judged.trigger)


async def wait_for(
    turn: Turn, job: asyncio.Task[Prepared | None], seconds: float
) -> Prepared | None:
    """None where it is not done by then. A call that may not wait looks only."""
    if seconds <= 0:
        return job.result() if job.done() and not job.cancelled() else None
    started = time.perf_counter()
    done, _ = await asyncio.wait((job,), timeout=seconds)
    turn.waited += time.perf_counter() - started
    return job.result() if done and not job.cancelled() else None


def _is_enough(turn: Turn, ready: Prepared, sent: Outgoing) -> bool:
    """What was prepared some turns ago may free too little by now."""
    after = ready.after_tokens + _grown_tokens(ready, sent)
    return after < turn.judged.status.limits.compress_tokens


def _grown_tokens(ready: Prepared, sent: Outgoing) -> int:
    """By how much the messages grew since it was prepared."""
    return max(0, sent.size - ready.sent_bytes) // BYTES_PER_TOKEN


def prepare(
    turn: Turn,
    sent: Outgoing,
    *,
    force: bool = False,
    floor_tokens: int | None = None,
    window_tokens: int | None = None,
    is_urgent: bool = False,
) -> asyncio.Task[Prepared | None] | None:
    """The compression of what is sent, running; None where there is nothing to do."""
    judged = turn.judged
    if force and not is_urgent and compressor.ready(turn.key, turn.digests):
        return None
    if judged.is_known and floor_tokens is None:
        floor_tokens = judged.status.used_tokens
    work = Work(
        turn.project_id,
        turn.conversation,
        turn.read,
        sent,
        turn.digests,
        judged,
        force=force,
        floor_tokens=floor_tokens,
        window_tokens=window_tokens,
    )
    return compressor.start(
        turn.key,
        work,
        sent_bytes=sent.size,
        is_urgent=is_urgent,
        asks_others=work.asks_others,
    )


def use(
    turn: Turn,
    ready: Prepared,
    sent: Outgoing,
    trigger: str,
    action: str = "compressed",
) -> None:
    """Send this cut from now on, and record its compression."""
    cut, judged = ready.cut, turn.judged
    assert cut is not None and ready.report is not None
    cuts.remember(turn.project_id, turn.conversation.session, cut)
    compressor.used(turn.key)
    before = judged.status.used_tokens
    if turn.told_tokens:  # the refusal says it exactly
        before = turn.told_tokens
    elif not judged.is_known:
        before = max(before, ready.report.before_tokens)
    now = outgoing(turn.read, cut)
    turn.send(now, action)
    turn.judge(now)
    report = replace(
        ready.report,
        event_id=new_event_id(),
        trigger=trigger,
        before_tokens=before,
        after_tokens=ready.after_tokens + _grown_tokens(ready, sent),
    )
    record_compression(turn, report)


def _advise(turn: Turn, sent: Outgoing) -> None:
    """Plan in the background what would be done, and record it as advice."""
    trigger = turn.judged.trigger
    if not compressor.take_advice(turn.key, is_due=bool(trigger)):
        return
    job = prepare(turn, sent)
    if job is None:
        return

    def record(done: asyncio.Task[Prepared | None]) -> None:
        found = None if done.cancelled() else done.result()
        if found is not None and found.report is not None:
            report: CompressionReport = replace(
                found.report, event_id=new_event_id(), trigger=trigger
            )
            record_advice(turn, report)

    job.add_done_callback(record)
