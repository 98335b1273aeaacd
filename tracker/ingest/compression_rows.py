"""Writes one compression: its numbers, and its words where the project keeps them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker.domain.redaction import Redactor, pattern_lines
from tracker.domain.reports import CompressionReport
from tracker.ingest.gauge_state import SessionState
from tracker.models import Compression, CompressionText, Project


def write_compression(
    state: SessionState, report: CompressionReport, *, at: datetime, seq: int
) -> tuple[Compression, str]:
    """Call inside the writing transaction. Answers the row and the kept summary."""
    project = Project.objects.get(pk=state.project_id)
    if project.keep_messages == "redacted":
        report = redacted(report, project)
    analysis = report.analysis or {}
    verdicts = analysis.get("verdicts", [])
    row = Compression.objects.create(
        project_id=state.project_id,
        session_id=state.id,
        seq=seq,
        at=at,
        event_id=report.event_id or "",
        lane=report.lane,
        model=report.model,
        origin=report.origin,
        performed_by=report.performed_by,
        trigger=report.trigger,
        strategy=report.strategy,
        before_tokens=report.before_tokens,
        after_tokens=report.after_tokens,
        claimed_before_tokens=report.claimed_before_tokens,
        claimed_after_tokens=report.claimed_after_tokens,
        target_tokens=report.target_tokens,
        before_message_count=_length(report.before),
        after_message_count=_length(report.after),
        is_advice=report.is_advice,
        sets_gauge=report.sets_gauge,
        score=analysis.get("score"),
        facts_kept=analysis.get("facts_kept"),
        facts_lost=analysis.get("facts_lost"),
        used_again=analysis.get("used_again"),
        verdicts=verdicts if project.keep_messages != "no" else unquoted(verdicts),
    )
    if project.keep_messages == "no":
        return row, ""
    CompressionText.objects.create(
        compression=row,
        summary=without_nul(report.summary),
        before=without_nul(report.before),
        after=without_nul(report.after),
        plan=without_nul(report.plan),
        analysis=without_nul(report.analysis),
    )
    return row, report.summary


def redacted(report: CompressionReport, project: Project) -> CompressionReport:
    """The report with every text in it redacted, by the project's patterns too."""
    patterns = pattern_lines(project.redaction_patterns)
    redactor = Redactor(patterns, clock=time.monotonic)
    return replace(
        report,
        summary=redactor.text(report.summary),
        before=redactor.value(report.before),
        after=redactor.value(report.after),
        plan=redactor.value(report.plan),
        analysis=redactor.value(report.analysis),
    )


def unquoted(verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same without the sentence of a message that one of them shows."""
    return [
        {**verdict, "text": str(verdict.get("text", "")).split(", for one: ")[0]}
        for verdict in verdicts
    ]


def without_nul(value: Any) -> Any:
    """The same without the one character PostgreSQL cannot store."""
    if isinstance(value, str):
        return (
            value.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in value else value
        )
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return value


def _length(messages: list[dict[str, object]] | None) -> int | None:
    return None if messages is None else len(messages)
