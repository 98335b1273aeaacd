"""POST /sessions/{session}/optimize: messages in, messages to send out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from msgspec import Meta, Struct

from tracker.api.endpoint import endpoint
from tracker.api.keyring import KeyGrant
from tracker.api.lookup import session_named
from tracker.api.usage_answers import rejected
from tracker.domain.budget import BudgetStatus
from tracker.domain.compression import OptimizedContext, OptimizeRequest
from tracker.domain.measure import Measure, NamedCount
from tracker.domain.messages import MessageError
from tracker.domain.middle import numbered_originals
from tracker.domain.policy import PolicyError
from tracker.domain.reports import MAX_TOKENS, CompressionReport, UsageReport
from tracker.domain.resolution import EffectivePolicy
from tracker.ingest.arrivals import Outcome, Rejection
from tracker.ingest.compressing import compress, record_together
from tracker.ingest.event_keys import is_taken, new_event_id
from tracker.models import Compression, CompressionText, LLMSession
from tracker.models.policy_shelf import present_policies
from tracker.sources import native
from tracker.sources.native import BodyError, Name, decode
from tracker.summarisers.registry import summariser_named, summariser_names


class OptimizeBody(Struct, forbid_unknown_fields=True):
    messages: list[dict[str, Any]]
    system: str | list[dict[str, Any]] | None = None
    user_context: str | list[Any] | None = None
    tools: list[dict[str, Any]] | None = None
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
    # A dry run may try another summariser than the policy's.
    summariser: str | None = None


# Earlier compressions of a session that its next summary is rebuilt from.
REBUILT_FROM = 20
_body = msgspec.json.Decoder(OptimizeBody)


@endpoint(POST="optimize")
def optimize(
    request: HttpRequest, grant: KeyGrant, *, key: str
) -> tuple[int, dict[str, Any]]:
    body: OptimizeBody = decode(request.body, _body)
    native.check_session_key(key)
    session = session_named(grant, key)
    model = body.model or (session.model if session else "")
    effective = present_policies().policy_for(
        grant.project_id, model, session.pk if session else None
    )
    is_repeat = bool(session and body.event_id and is_taken(session.pk, body.event_id))
    work = _work(body, key, model, session, effective, is_repeat=is_repeat)
    try:
        result, analysis = compress(work)
    except MessageError as error:
        raise BodyError(f"messages[{error.index}]", error.message) from error
    except PolicyError as error:
        raise BodyError("window_tokens", error.message) from error
    if body.dry_run:
        return 200, _answer(key, result, analysis, budget=result.status)
    return _record(grant, body, work, result, None if is_repeat else analysis)


def _work(
    body: OptimizeBody,
    key: str,
    model: str,
    session: LLMSession | None,
    effective: EffectivePolicy,
    *,
    is_repeat: bool,
) -> OptimizeRequest:
    policy = effective.policy
    seconds = None
    # A repeat is answered as the first time, which no compression had preceded.
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
        messages=body.messages,
        policy=policy,
        system=body.system,
        user_context=body.user_context,
        tools=body.tools,
        force=body.force,
        window_tokens=body.window_tokens or effective.window_tokens,
        window_source="report" if reported else effective.window_source,
        seconds_since_compression=seconds,
        count=NamedCount(policy.counting, model),
        model=model,
        summarise=summariser_named(policy.summariser),
        originals=_originals(session),
    )


def _originals(session: LLMSession | None) -> dict[int, Any] | None:
    """What earlier compressions of this session replaced, where it was kept: a
    summary is rebuilt from these, never made of a summary.
    """
    if session is None or not session.compression_count:
        return None
    texts = CompressionText.objects.filter(
        compression__session=session,
        compression__performed_by="tracker",
        compression__is_advice=False,
    ).exclude(before=None)
    newest = texts.order_by("-compression__at").values_list("before", flat=True)
    return numbered_originals(reversed(newest[:REBUILT_FROM]))


def _record(
    grant: KeyGrant,
    body: OptimizeBody,
    work: OptimizeRequest,
    result: OptimizedContext,
    analysis: dict[str, Any] | None,
) -> tuple[int, dict[str, Any]]:
    """Store what came in as a sample, and the compression with it."""
    event_id = body.event_id or new_event_id()
    reports: list[UsageReport | CompressionReport] = [
        _sample(body, work, result, event_id)
    ]
    if analysis is not None:
        reports.append(_report(body, work, result, analysis, event_id))
    answers = record_together(
        project_id=grant.project_id, api_key_id=grant.key_id, reports=reports
    )
    for answer in answers:
        if isinstance(answer, Rejection):
            raise rejected(answer)
    outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
    row = Compression.objects.filter(
        session_id=outcomes[0].session_id, event_id=event_id
    ).first()
    last = outcomes[-1]
    answer_body = {
        **_answer(work.session_id, result, analysis, budget=last.budget),
        "event_id": event_id,
        "duplicate": outcomes[0].is_duplicate,
        "events": [e.as_dict() for outcome in outcomes for e in outcome.events],
    }
    if row is not None:
        answer_body["compression"] = {
            "id": row.pk,
            "url": reverse("compression", args=[row.pk]),
            "score": row.score,
            "facts_lost": row.facts_lost,
        }
    return (200 if outcomes[0].is_duplicate else 201), answer_body


def _sample(
    body: OptimizeBody, work: OptimizeRequest, result: OptimizedContext, event_id: str
) -> UsageReport:
    before = result.status_before
    return UsageReport(
        session=work.session_id,
        used_tokens=before.used_tokens,
        parts=before.parts,
        source=_source(work),
        parts_source=_source(work),
        event_id=event_id,
        model=body.model or "",
        title=body.title or "",
        message_count=sum(m.get("role") != "system" for m in body.messages),
        window_tokens=body.window_tokens,
        origin="optimize",
    )


def _report(
    body: OptimizeBody,
    work: OptimizeRequest,
    result: OptimizedContext,
    analysis: dict[str, Any],
    event_id: str,
) -> CompressionReport:
    plan = result.plan
    assert plan is not None
    after = analysis["after"]
    return CompressionReport(
        session=work.session_id,
        before_tokens=result.before_tokens,
        after_tokens=plan.after_tokens,
        source=_source(work),
        event_id=event_id,
        performed_by="tracker",
        trigger=result.trigger,
        strategy=plan.summariser,
        model=body.model or "",
        target_tokens=plan.target_tokens,
        summary=plan.summary,
        before=body.messages,
        after=list(after),
        sets_gauge=result.compressed,
        origin="optimize",
        is_advice=not result.compressed,
        plan=plan.as_dict(),
        analysis={k: v for k, v in analysis.items() if k != "after"},
    )


def _source(work: OptimizeRequest) -> str:
    return Measure(work.count, work.model).source


def _answer(
    key: str,
    result: OptimizedContext,
    analysis: dict[str, Any] | None,
    *,
    budget: BudgetStatus,
) -> dict[str, Any]:
    plan = None
    if result.plan is not None:
        plan = result.plan.as_dict()
        if analysis is not None:
            plan |= {k: analysis[k] for k in ("score", "facts_lost", "facts_kept")}
    return {
        "session": key,
        "messages": result.messages,
        "compressed": result.compressed,
        "reasons": list(result.reasons),
        "trigger": result.trigger,
        "skipped": result.skipped,
        "before_tokens": result.before_tokens,
        "after_tokens": result.after_tokens,
        "target_tokens": result.target_tokens,
        "is_target_met": result.is_target_met,
        "budget": budget.as_dict(),
        "warnings": list(result.warnings),
        "plan": plan,
        "compression": None,
    }
