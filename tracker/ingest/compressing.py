"""Compresses a conversation in a worker process, judges what it cost, records it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tracker.domain.compression import OptimizedContext, OptimizeRequest
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import Arrival, Outcome, Rejection
from tracker.ingest.process import get_writer
from tracker.ingest.used_again import count_for_previous
from tracker.models import Compression
from tracker.summarisers.work import compress_and_review, review_report
from tracker.summarisers.workers import run_in_worker


def analyse(report: CompressionReport) -> CompressionReport:
    """The report with what was kept and lost, where its messages are known."""
    if report.before is None:
        return report
    analysis = run_in_worker(
        review_report,
        report.before,
        report.after,
        report.summary,
        report.target_tokens,
        report.before_tokens,
        report.after_tokens,
    )
    return replace(report, analysis=analysis)


def compress(
    request: OptimizeRequest,
) -> tuple[OptimizedContext, dict[str, Any] | None]:
    """The result and its review; the review is None when nothing was planned."""
    return run_in_worker(compress_and_review, request)


def record_compression(
    *, project_id: int, api_key_id: int | None, report: CompressionReport
) -> Outcome | Rejection:
    """Store it. Saturated or StoreUnavailable: nothing was stored."""
    return record_together(
        project_id=project_id, api_key_id=api_key_id, reports=[report]
    )[0]


def record_together(
    *,
    project_id: int,
    api_key_id: int | None,
    reports: Sequence[UsageReport | CompressionReport],
) -> list[Outcome | Rejection]:
    """Store these in one transaction, in this order."""
    now = datetime.now(UTC)
    arrivals = [Arrival(project_id, report, now, api_key_id) for report in reports]
    answers = get_writer().record_blocking(arrivals)
    look_back(answers)
    return answers


def look_back(answers: Sequence[Outcome | Rejection]) -> None:
    """A new compression tells what was used again after the one before it."""
    for answer in answers:
        if isinstance(answer, Outcome) and answer.compression_id is not None:
            count_for_previous(answer.compression_id)


def is_recorded(project_id: int, report: CompressionReport) -> bool:
    """Whether this compression is stored already (then it need not be analysed)."""
    found = Compression.objects.filter(
        project_id=project_id, session__key=report.session, event_id=report.event_id
    )
    return bool(report.event_id) and found.exists()
