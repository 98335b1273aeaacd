"""Records what `optimize` did, and answers it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.urls import reverse
from msgspec import Raw

from tracker.api.endpoint import respond
from tracker.api.intake.answers import rejected
from tracker.api.keys.keyring import KeyGrant
from tracker.api.optimizing.body import OptimizeBody
from tracker.api.shapes.budget import Budget, FiredEvent
from tracker.api.shapes.compressions import Optimized, StandingCut, StoredAs
from tracker.api.shapes.usage import CountedBy
from tracker.domain.budget.status import BudgetStatus
from tracker.domain.cuts.cut import Cut
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import Outcome, Rejection, new_event_id
from tracker.ingest.compressing import cuts
from tracker.ingest.compressing.beginnings import Beginning
from tracker.ingest.compressing.compress import look_back, record_together
from tracker.ingest.rows.compressions.cut_rows import is_cut_kept
from tracker.ingest.rows.event_keys import is_taken
from tracker.models import Compression, LLMSession
from tracker.workers.jobs.bodies import CompressedBody


@dataclass(frozen=True, slots=True)
class Repeated:
    """Whether this event_id was used before, and the id of the compression in that
    answer (0: none). A repeat must get the same answer.
    """

    is_repeat: bool = False
    compression_id: int = 0


def repeated_by(session: LLMSession | None, body: OptimizeBody) -> Repeated:
    if not session or not body.event_id or not is_taken(session, body.event_id):
        return Repeated()
    made = Compression.objects.filter(session=session, event_id=body.event_id)
    return Repeated(True, made.values_list("pk", flat=True).first() or 0)


def recorded(
    grant: KeyGrant,
    key: str,
    body: OptimizeBody,
    done: CompressedBody,
    begun: Beginning | None,
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
    is_duplicate = outcomes[0].is_duplicate
    row = Compression.objects.filter(
        session_id=outcomes[0].session_id, event_id=event_id
    ).first()
    cut = begun.cut if begun else None
    if row is None and cut is not None:
        row = Compression.objects.filter(pk=cut.compression_id).first()
    elif row is not None and done.context.compressed:
        cut = _made_cut(grant.project_id, key, done, row.pk, is_repeat=is_duplicate)
    answer = answered(key, body, done, begun, outcomes[-1].budget, cut)
    answer.event_id = event_id
    answer.duplicate = is_duplicate
    answer.events = [FiredEvent.copied(e) for found in outcomes for e in found.events]
    if row is not None:
        url = reverse("compression", args=[row.pk])
        answer.compression = StoredAs(row.pk, url, row.score, row.facts_lost)
    status = 200 if is_duplicate else 201
    return respond(status, answer, afterwards=lambda: look_back(answers))


def _made_cut(
    project_id: int, key: str, done: CompressedBody, pk: int, *, is_repeat: bool
) -> Cut | None:
    """The cut of the compression `pk`; a new one is remembered from now on."""
    report = done.report
    if is_repeat or report is None or report.cut is None or report.words is None:
        return cuts.find_made_by(project_id, key, pk)
    is_kept = is_cut_kept(report.words.keeping)
    cut = replace(report.cut, compression_id=pk, is_kept=is_kept)
    cuts.remember(project_id, key, cut)
    return cut


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
        added=done.named.added,
        composition=done.named.packed,
    )


def answered(
    key: str,
    body: OptimizeBody,
    done: CompressedBody,
    begun: Beginning | None,
    budget: BudgetStatus,
    cut: Cut | None,
) -> Optimized:
    """The answer. `begun` is the known cut of the messages' beginning, `cut` the one
    that replaces it from now on.
    """
    result = done.context
    is_behind = done.messages is None and begun is not None and begun.is_last
    if done.messages is not None:
        messages = Raw(done.messages)
    elif begun is None or is_behind:
        messages = body.messages
    else:
        messages = Raw(begun.whole)
    return Optimized(
        session=key,
        messages=messages,
        after=body.after if is_behind else None,
        cut=None if cut is None else StandingCut.copied(cut),
        compressed=result.compressed or begun is not None,
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
