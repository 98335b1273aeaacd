"""Compresses and reviews conversations in a worker process, and records them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from tracker.domain.budget.suspicion import knows_more, way_of
from tracker.domain.compression import OptimizedContext, OptimizeRequest
from tracker.domain.counting.calibration import Anchor, Calibration
from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.ingest.arrivals import Arrival, Outcome, Rejection
from tracker.ingest.compressing.used_again import count_for_previous
from tracker.ingest.door.process import get_writer
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.ingest.rows.event_keys import sample_of
from tracker.models import (
    Comparison,
    Compression,
    CompressionText,
    LearntCalibration,
    LLMSession,
)
from tracker.models.calibrations import calibrated_client, calibrated_model
from tracker.workers.jobs.bodies import CompressedBody, CompressionOrder
from tracker.workers.jobs.compress import (
    compress_and_review,
    compress_body,
)
from tracker.workers.jobs.review import (
    ReviewedBody,
    ReviewOrder,
    review_body,
    review_report,
)
from tracker.workers.pool import OWN, SUMMARISERS, run_in_worker

# Earlier compressions of a session that its next summary is rebuilt from.
REBUILT_FROM = 20


def analyse(report: CompressionReport, project_id: int) -> CompressionReport:
    """The report with what was kept and lost, if its messages are known."""
    if report.before is None:
        return report
    return run_in_worker(review_report, report, keeping_of(project_id))


def review_sent(order: ReviewOrder) -> ReviewedBody:
    """What a body of POST compressions holds. Raises what `review_body` does."""
    return run_in_worker(review_body, order)


def compress_sent(order: CompressionOrder) -> CompressedBody:
    """What a body of POST optimize asks for. Raises what `compress_body` does."""
    return run_in_worker(compress_body, order, lane=lane_of(order.request))


def compress(
    request: OptimizeRequest,
) -> tuple[OptimizedContext, dict[str, Any] | None]:
    """The result and its review; the review is None when nothing was planned."""
    return run_in_worker(compress_and_review, request, lane=lane_of(request))


def lane_of(request: OptimizeRequest) -> str:
    """The worker lane. A summariser's calls have their own: it is a foreign program
    that may be silent for a long time.
    """
    return OWN if request.summarise is None else SUMMARISERS


def originals_of(session_id: int, lane: str = MAIN_LANE) -> tuple[str, ...]:
    """What earlier compressions of this lane replaced, where it was kept, as JSON,
    the oldest first: a summary is rebuilt from these, never made of a summary.
    """
    texts = CompressionText.objects.filter(
        compression__session=session_id,
        compression__lane=lane,
        compression__performed_by="tracker",
        compression__is_advice=False,
    ).exclude(before=None)
    newest = texts.order_by("-compression__at").values_list(
        Cast("before", TextField()), flat=True
    )
    return tuple(reversed(newest[:REBUILT_FROM]))


def is_last_ours(session_id: int) -> bool:
    """Whether the session's last compression was done here, not by the client."""
    done = Compression.objects.filter(session=session_id, is_advice=False)
    newest = done.order_by("-at", "-pk").values_list("performed_by", flat=True)
    return newest.first() == "tracker"


def record_compression(
    *, project_id: int, api_key_id: int | None, report: CompressionReport
) -> Outcome | Rejection:
    """Store it. Saturated: nothing was stored. StoreUnavailable: its message says
    whether that is known; with an `event_id` storing again is safe.
    """
    return record_together(
        project_id=project_id, api_key_id=api_key_id, reports=[report]
    )[0]


def record_together(
    *,
    project_id: int,
    api_key_id: int | None,
    reports: Sequence[UsageReport | CompressionReport],
) -> list[Outcome | Rejection]:
    """Store these in this order, up to 20 of them in one transaction without those that
    the database refuses: these alone are answered with a Rejection. Who asked should be
    answered before `look_back` is called.
    """
    now = datetime.now(UTC)
    arrivals = [Arrival(project_id, report, now, api_key_id) for report in reports]
    return get_writer().record_blocking(arrivals)


def look_back(answers: Sequence[Outcome | Rejection]) -> None:
    """Count what was used again after the compression before a new one. Takes up to a
    second.
    """
    for answer in answers:
        if isinstance(answer, Outcome) and answer.compression_id is not None:
            count_for_previous(answer.compression_id)


def is_recorded(project_id: int, report: CompressionReport) -> bool:
    """Whether this compression is stored already, as told by one who knows as much
    (then it need not be analysed).
    """
    if not report.event_id:
        return False
    found = Compression.objects.filter(
        project_id=project_id, session__key=report.session, event_id=report.event_id
    )
    way = way_of(trigger=report.trigger, origin=report.origin)
    return any(
        not knows_more(way, way_of(trigger=trigger, origin=origin))
        for trigger, origin in found.values_list("trigger", "origin")
    )


def calibrations_for(
    project_id: int, session: LLMSession | None, model: str, client: str = ""
) -> Mapping[str, Calibration]:
    """By counter, of this program (`UsageReport.client`), anchored at the session's
    last report; those that can say nothing yet are left out. Two queries.
    """
    model = calibrated_model(model)
    learnt = LearntCalibration.objects.filter(
        project=project_id, model=model, client=calibrated_client("optimize", client)
    )
    last = None
    if session is not None:
        last = Comparison.objects.filter(session=session, lane=MAIN_LANE).first()
    found = {}
    for row in learnt:
        anchor = _anchor(last, model, row.counter)
        calibration = row.calibration().anchored_at(anchor)
        if calibration.can_predict:
            found[row.counter] = calibration
    return found


def _anchor(last: Comparison | None, model: str, counter: str) -> Anchor | None:
    """Another model or counter would have given other numbers."""
    if last is None or not last.is_anchor:
        return None
    if (last.model, last.counter) != (model, counter):
        return None
    return Anchor(last.counted.total, last.reported_tokens)


def unseen_before(session: LLMSession, event_id: str) -> int:
    """The unattributed tokens in the answer to the first call with this event_id."""
    sample = sample_of(session, event_id)
    return sample.values_list("unattributed_tokens", flat=True).first() or 0
