"""What is stored of a call: its usage, its compression, a refusal, and itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tracker.domain.cuts.cut import Cut
from tracker.domain.reports import CompressionReport
from tracker.gateway.judgement import judge
from tracker.gateway.measures import measures
from tracker.gateway.record import records, usage_report
from tracker.gateway.request.conversation import conversations
from tracker.gateway.turn.composing import fillings
from tracker.gateway.turn.outside import outside_report
from tracker.gateway.turn.turn import Turn
from tracker.gateway.upstream.answers import Answered
from tracker.ingest.arrivals import Outcome
from tracker.ingest.compressing import cuts
from tracker.ingest.door.gateway_calls import call_log
from tracker.models import GatewayCall
from tracker.sources.user_agents import PROGRAM


def record_compression(turn: Turn, report: CompressionReport) -> None:
    """Of the cut that the turn sends. Its number is known once it is stored."""

    def learn(outcome: Outcome) -> None:
        number = outcome.compression_id
        if number is None:
            return
        if turn.refused is not None:  # before it was known under which number
            record_refusal(turn, replace(turn.refused, compression_id=number))
        elif turn.cut is not None:
            turn.compression_id = number
            turn.cut = replace(turn.cut, compression_id=number)
            cuts.remember(turn.project_id, turn.conversation.session, turn.cut)

    records.add(turn.project_id, turn.key_id, report, learn)


def record_advice(turn: Turn, report: CompressionReport) -> None:
    records.add(turn.project_id, turn.key_id, report, _nothing)


def record_refusal(turn: Turn, cut: Cut) -> None:
    """The provider refused what this cut made of a call: it is not sent again."""
    session = turn.conversation.session
    cuts.memory.drop((turn.project_id, session), cut.digest)
    records.do(lambda: cuts.refuse(turn.project_id, session, cut))


def begin(turn: Turn, upstream: str, *, added_seconds: float) -> GatewayCall:
    """The call's row, without its answer."""
    outline = turn.outline
    others = outline.system_bytes + outline.tools_bytes
    measures.added(added_seconds, waited=turn.waited)
    return GatewayCall(
        project_id=turn.project_id,
        upstream=upstream,
        status=0,
        request_bytes=outline.messages_bytes + others,
        sent_bytes=turn.sent_bytes + others,
        added_ms=added_seconds * 1000,
        waited_ms=turn.waited * 1000,
    )


def finish(turn: Turn, row: GatewayCall, answered: Answered | None) -> None:
    """Record what the answer said, and the call itself."""
    row.lane, row.action = turn.conversation.lane, turn.action
    row.is_control = turn.is_judged and turn.is_control
    row.at = datetime.now(UTC)
    if answered is None:
        call_log.note(row)
        return
    if answered.response_id:
        conversations.note_answer(
            turn.project_id, answered.response_id, turn.conversation
        )
    report = usage_report(
        turn.outline,
        turn.conversation,
        answered,
        window_tokens=turn.window_tokens,
        message_count=turn.counted_messages,
        messages_bytes=turn.sent_bytes,
    )
    program = {PROGRAM: turn.program} if turn.program else None
    report = replace(report, plan_limits=turn.plan_limits, metadata=program)
    outside = outside_report(turn.key, answered, report)
    if (
        outside is not None
    ):  # before the usage: else its drop would be a suspected compression
        records.add(turn.project_id, turn.key_id, outside, _nothing)
    row.input_tokens = report.input_tokens
    row.cache_read_tokens = report.cache_read_tokens
    row.cache_creation_tokens = report.cache_creation_tokens
    cut = turn.cut.digest if turn.cut is not None else b""

    def learn(outcome: Outcome) -> None:
        judge.learn(
            turn.project_id,
            turn.conversation,
            turn.outline,
            used_tokens=report.used_tokens,
            session_id=outcome.session_id,
            messages_bytes=turn.sent_bytes,
            cut=cut,
        )
        row.session_id = outcome.session_id
        row.compression_id = turn.compression_id if cut else None
        call_log.note(row)

    if turn.composed is None:
        records.add(turn.project_id, turn.key_id, report, learn)
        return
    fillings.note_answer(turn.key, answered.output)
    composed = fillings.into(report, turn.composed)
    records.add(turn.project_id, turn.key_id, report, learn, composed)


def _nothing(_: Outcome) -> None:
    """Nobody waits for it."""
