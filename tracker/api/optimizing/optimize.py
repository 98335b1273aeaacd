"""POST /sessions/{session}/optimize: messages in, messages to send out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse

from tracker.api.endpoint import endpoint, respond, session_named
from tracker.api.errors import ApiError
from tracker.api.intake.bodies.waiting import turn_for_body
from tracker.api.intake.usage import product
from tracker.api.keys.keyring import KeyGrant
from tracker.api.optimizing.answer import Repeated, answered, recorded, repeated_by
from tracker.api.optimizing.body import OptimizeBody, optimize_body
from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import EffectivePolicy
from tracker.domain.compression import OptimizeRequest
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.cuts.economics import TTL_SECONDS
from tracker.domain.dialects.context_blocks import ContextError
from tracker.ingest.compressing.beginnings import (
    Beginning,
    UnknownCut,
    find_after,
    find_beginning,
    judge_sent,
)
from tracker.ingest.compressing.compress import (
    calibrations_for,
    compress_sent,
    is_last_ours,
    originals_of,
    unseen_before,
)
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.models import LLMSession
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.tokenizers import counting_method
from tracker.sources import native
from tracker.sources.body_errors import BodyError, unreadable
from tracker.sources.native import decode
from tracker.summarisers.allowed import summarisers_of
from tracker.summarisers.registry import summariser_named
from tracker.workers.jobs.bodies import CompressedBody, CompressionOrder
from tracker.workers.jobs.counted import CountingOrder

Result = TypeVar("Result")


@endpoint(POST="optimize")
def optimize(request: HttpRequest, grant: KeyGrant, *, key: str) -> HttpResponse:
    with turn_for_body(request):
        return _optimized(request, grant, key)


def _optimized(request: HttpRequest, grant: KeyGrant, key: str) -> HttpResponse:
    body: OptimizeBody = decode(request.body, optimize_body)
    native.check_session_key(key)
    session = session_named(grant, key)
    repeated = repeated_by(session, body)
    begun = _begun(grant, key, session, body, without=repeated.compression_id)
    order = CompressionOrder(
        body=request.body,
        request=_work(body, key, session, grant, repeated, begun),
        is_reviewed=not repeated.is_repeat,
        counting=_counting(
            body,
            session,
            grant,
            client=product(request.headers.get("User-Agent", "")),
            is_repeat=repeated.is_repeat,
        ),
        keeping=None if body.dry_run else keeping_of(grant.project_id),
    )
    done = _done(order, session, body, begun)
    if body.dry_run:
        cut = begun.cut if begun else None
        return respond(200, answered(key, body, done, begun, done.context.status, cut))
    return recorded(grant, key, body, done, begun)


def _begun(
    grant: KeyGrant,
    key: str,
    session: LLMSession | None,
    body: OptimizeBody,
    *,
    without: int,
) -> Beginning | None:
    """What of the messages is known from an earlier compression."""
    messages = bytes(body.messages)
    try:
        if body.after is not None:
            return find_after(grant.project_id, key, body.after, messages)
        if session is None or not session.compression_count:
            return None
        return find_beginning(grant.project_id, key, messages, without=without)
    except UnknownCut as error:
        raise ApiError(
            409,
            "unknown_cut",
            "send all messages: this cut is not known",
            field="after",
        ) from error
    except msgspec.DecodeError as error:
        raise unreadable(error) from error


def _done(
    order: CompressionOrder,
    session: LLMSession | None,
    body: OptimizeBody,
    begun: Beginning | None,
) -> CompressedBody:
    """Judged without a plan where the beginning is known and nothing is due."""
    if begun is not None:
        known = replace(order, body=body.long_fields(begun.rest_json))
        left_out = 0 if body.after is not None else begun.cut.message_count
        done = _answered(judge_sent, known, begun.cut, left_out=left_out)
        if done is not None:
            return done
        order = replace(
            order,
            body=body.long_fields(begun.whole),
            cut=replace(begun.cut, replacement=b""),
            rest_count=len(begun.rest),
        )
    if session is not None and session.compression_count:
        order = replace(order, originals=originals_of(session.pk))
    return _answered(compress_sent, order)


def _answered(work: Callable[..., Result], *args: Any, left_out: int = 0) -> Result:
    """`left_out` messages of the body stand before those that `work` is given."""
    try:
        return work(*args)
    except MessageError as error:
        field = f"messages[{error.index + left_out}]"
        raise BodyError(field, error.message) from error
    except ContextError as error:
        raise BodyError(error.field, error.message) from error
    except PolicyError as error:
        raise BodyError("window_tokens", error.message) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise unreadable(error) from error


def _work(
    body: OptimizeBody,
    key: str,
    session: LLMSession | None,
    grant: KeyGrant,
    repeated: Repeated,
    begun: Beginning | None,
) -> OptimizeRequest:
    model, effective = _judge(body, session, grant)
    policy = effective.policy
    seconds, is_ours = None, False
    # The first answer came before its own compression, and so must a repeat's.
    if session and session.last_compression_at and not repeated.compression_id:
        age = datetime.now(UTC) - session.last_compression_at
        seconds = max(0.0, age.total_seconds())
        is_ours = begun is None and is_last_ours(session.pk)
    if body.dry_run and body.summariser:
        allowed = summarisers_of(grant.project_id)
        if body.summariser not in allowed:
            known = ", ".join(allowed)
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
        must_hold_summary=is_ours,
        is_cache_warm=not repeated.compression_id and _is_cache_warm(session),
        model=model,
        summarise=summariser_named(policy.summariser),
    )


def _is_cache_warm(session: LLMSession | None) -> bool:
    """Whether the provider still holds what the session sent last."""
    if session is None or session.last_at is None:
        return False
    age = datetime.now(UTC) - session.last_at
    return age.total_seconds() <= TTL_SECONDS


def _counting(
    body: OptimizeBody,
    session: LLMSession | None,
    grant: KeyGrant,
    *,
    client: str,
    is_repeat: bool,
) -> CountingOrder:
    """A repeat is counted as it was the first time, not with what was learnt since."""
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
