"""POST /sessions/{session}/optimize: messages in, messages to send out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from msgspec import Meta, Raw, Struct

from tracker.api.endpoint import endpoint, respond, session_named
from tracker.api.intake.answers import rejected
from tracker.api.intake.usage import product
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.budget import Budget, FiredEvent
from tracker.api.shapes.compressions import Optimized, StoredAs
from tracker.api.shapes.usage import CountedBy
from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import EffectivePolicy
from tracker.domain.budget.status import BudgetStatus
from tracker.domain.compression import OptimizeRequest
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.reports import MAX_TOKENS, CompressionReport, UsageReport
from tracker.ingest.arrivals import Outcome, Rejection, new_event_id
from tracker.ingest.compressing.compress import (
    calibrations_for,
    compress_sent,
    look_back,
    originals_of,
    record_together,
    unseen_before,
)
from tracker.ingest.rows.compression_rows import keeping_of
from tracker.ingest.rows.event_keys import is_taken
from tracker.models import Compression, LLMSession
from tracker.reading.policy_shelf import present_policies
from tracker.reading.tokenizers import counting_method
from tracker.sources import native
from tracker.sources.native import BodyError, Name, decode
from tracker.summarisers.registry import summariser_named, summariser_names
from tracker.workers.compress import CompressedBody, CompressionOrder
from tracker.workers.counted import CountingOrder


class OptimizeBody(Struct, forbid_unknown_fields=True):
    """The long fields are left as bytes: a worker reads them (`tracker.workers`)."""

    messages: Raw
    system: Raw = msgspec.field(default_factory=Raw)
    user_context: Raw = msgspec.field(default_factory=Raw)
    tools: Raw = msgspec.field(default_factory=Raw)
    model: Annotated[str, Meta(max_length=200, pattern=native.NO_CONTROLS)] | None = (
        None
    )
    title: Annotated[str, Meta(max_length=255, pattern=native.NO_CONTROLS)] | None = (
        None
    )
    window_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    force: bool = False
    dry_run: bool = False
    event_id: Name | None = None
    # For a dry run: try another summariser than the policy's.
    summariser: str | None = None


_body = msgspec.json.Decoder(OptimizeBody)


@endpoint(POST="optimize")
def optimize(request: HttpRequest, grant: KeyGrant, *, key: str) -> HttpResponse:
    body: OptimizeBody = decode(request.body, _body)
    native.check_session_key(key)
    session = session_named(grant, key)
    is_repeat = bool(session and body.event_id and is_taken(session.pk, body.event_id))
    order = CompressionOrder(
        body=request.body,
        request=_work(body, key, session, grant, is_repeat=is_repeat),
        originals=originals_of(session.pk)
        if session and session.compression_count
        else (),
        is_reviewed=not is_repeat,
        counting=_counting(
            body,
            session,
            grant,
            client=product(request.headers.get("User-Agent", "")),
            is_repeat=is_repeat,
        ),
        keeping=None if body.dry_run else keeping_of(grant.project_id),
    )
    done = _compressed(order)
    if body.dry_run:
        return respond(200, _answer(key, body, done, budget=done.context.status))
    return _record(grant, key, body, done)


def _compressed(order: CompressionOrder) -> CompressedBody:
    try:
        return compress_sent(order)
    except MessageError as error:
        raise BodyError(f"messages[{error.index}]", error.message) from error
    except PolicyError as error:
        raise BodyError("window_tokens", error.message) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise native.unreadable(error) from error


def _work(
    body: OptimizeBody,
    key: str,
    session: LLMSession | None,
    grant: KeyGrant,
    *,
    is_repeat: bool,
) -> OptimizeRequest:
    model, effective = _judge(body, session, grant)
    policy = effective.policy
    seconds = None
    # The first answer knew of no compression; a repeat must get the same answer.
    if session and session.last_compression_at and not is_repeat:
        age = datetime.now(UTC) - session.last_compression_at
        seconds = max(0.0, age.total_seconds())
    if body.dry_run and body.summariser:
        if body.summariser not in summariser_names():
            known = ", ".join(summariser_names())
            raise BodyError("summariser", f"must be one of {known}")
        policy = replace(policy, summariser=body.summariser)
    reported = body.window_tokens is not None
    return OptimizeRequest(
        session_id=key,
        messages=(),
        policy=policy,
        force=body.force,
        window_tokens=body.window_tokens or effective.window_tokens,
        window_source="report" if reported else effective.window_source,
        seconds_since_compression=seconds,
        model=model,
        summarise=summariser_named(policy.summariser),
    )


def _counting(
    body: OptimizeBody,
    session: LLMSession | None,
    grant: KeyGrant,
    *,
    client: str,
    is_repeat: bool,
) -> CountingOrder:
    """A repeat is counted like the first time, whatever was learnt since."""
    model, effective = _judge(body, session, grant)
    method = counting_method(effective.policy.counting)
    if is_repeat and session is not None and body.event_id:
        return CountingOrder(method, model, {}, unseen_before(session, body.event_id))
    is_reported = session is not None and session.source == "reported"
    return CountingOrder(
        method,
        model,
        calibrations_for(grant.project_id, session, model, client),
        floor_tokens=session.used_tokens if session and is_reported else None,
    )


def _judge(
    body: OptimizeBody, session: LLMSession | None, grant: KeyGrant
) -> tuple[str, EffectivePolicy]:
    """The model, and the policy that applies to this session with it."""
    model = body.model or (session.model if session else "")
    return model, present_policies().policy_for(
        grant.project_id, model, session.pk if session else None
    )


def _record(
    grant: KeyGrant, key: str, body: OptimizeBody, done: CompressedBody
) -> HttpResponse:
    """Store the messages' size as a sample, together with the compression."""
    event_id = body.event_id or new_event_id()
    reports: list[UsageReport | CompressionReport] = [
        _sample(key, body, done, event_id)
    ]
    if done.report is not None:
        model = body.model or ""
        reports.append(replace(done.report, event_id=event_id, model=model))
    answers = record_together(
        project_id=grant.project_id, api_key_id=grant.key_id, reports=reports
    )
    for refused in answers:
        if isinstance(refused, Rejection):
            raise rejected(refused)
    outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
    row = Compression.objects.filter(
        session_id=outcomes[0].session_id, event_id=event_id
    ).first()
    is_duplicate = outcomes[0].is_duplicate
    answer = _answer(key, body, done, budget=outcomes[-1].budget)
    answer.event_id = event_id
    answer.duplicate = is_duplicate
    answer.events = [FiredEvent.copied(e) for found in outcomes for e in found.events]
    if row is not None:
        url = reverse("compression", args=[row.pk])
        answer.compression = StoredAs(row.pk, url, row.score, row.facts_lost)
    status = 200 if is_duplicate else 201
    return respond(status, answer, afterwards=lambda: look_back(answers))


def _sample(
    key: str, body: OptimizeBody, done: CompressedBody, event_id: str
) -> UsageReport:
    before = done.context.status_before
    return UsageReport(
        session=key,
        used_tokens=before.used_tokens,
        parts=before.parts,
        source=before.source,
        parts_source=before.source,
        event_id=event_id,
        model=body.model or "",
        title=body.title or "",
        message_count=done.message_count,
        window_tokens=body.window_tokens,
        origin="optimize",
    )


def _answer(
    key: str, body: OptimizeBody, done: CompressedBody, *, budget: BudgetStatus
) -> Optimized:
    result = done.context
    return Optimized(
        session=key,
        messages=body.messages if done.messages is None else Raw(done.messages),
        compressed=result.compressed,
        reasons=list(result.reasons),
        trigger=result.trigger,
        skipped=result.skipped,
        before_tokens=result.before_tokens,
        after_tokens=result.after_tokens,
        target_tokens=result.target_tokens,
        is_target_met=result.is_target_met,
        budget=Budget.of(budget),
        warnings=list(result.warnings),
        counting=CountedBy.copied(done.counted_by),
        dialect=done.dialect,
        plan=None if done.plan is None else Raw(done.plan),
        compression=None,
    )
