"""Writes one compression: its numbers, and its text where the project keeps it."""

from __future__ import annotations

from datetime import datetime

from tracker.domain.compression_words import CompressionWords, Keeping
from tracker.domain.redaction.own_patterns import pattern_lines
from tracker.domain.reports import CompressionReport
from tracker.ingest.rows.compressions.cut_rows import is_cut_kept, write_cut
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.ingest.rows.sql import insert_many
from tracker.models import Compression, CompressionText, DueReview, Project
from tracker.workers.jobs.words import words_to_store

WORD_COLUMNS = (
    "compression_id", "project_id", "summary", "before", "after", "plan", "analysis",
)  # fmt: skip


def keeping_of(project_id: int) -> Keeping:
    """What this project keeps of messages now."""
    project = Project.objects.only("keep_messages", "redaction_patterns").get(
        pk=project_id
    )
    mode = project.keep_messages
    if mode != "redacted":
        return Keeping(mode)
    return Keeping(mode, pattern_lines(project.redaction_patterns))


def write_compression(
    state: SessionState,
    report: CompressionReport,
    *,
    at: datetime,
    seq: int,
    onto: Compression | None = None,
) -> tuple[Compression, str]:
    """Call inside the writing transaction. Answers the row and the kept summary.

    `onto` is a row to rewrite: it keeps its id, its review, and what was used again.
    """
    words = words_to_store(report, keeping_of(state.project_id))
    row = _row(onto)
    values = {
        "project_id": state.project_id,
        "session_id": state.id,
        "seq": seq,
        "at": at,
        "event_id": report.event_id or "",
        "lane": report.lane,
        "model": report.model,
        "origin": report.origin,
        "performed_by": report.performed_by,
        "trigger": report.trigger,
        "strategy": report.strategy,
        "before_tokens": report.before_tokens,
        "after_tokens": report.after_tokens,
        "claimed_before_tokens": report.claimed_before_tokens,
        "claimed_after_tokens": report.claimed_after_tokens,
        "target_tokens": report.target_tokens,
        "before_message_count": words.before_count,
        "after_message_count": words.after_count,
        "is_advice": report.is_advice,
        "sets_gauge": report.sets_gauge,
        "score": words.score,
        "facts_kept": words.facts_kept,
        "facts_lost": words.facts_lost,
        "verdicts": list(words.verdicts),
        "is_reviewable": words.score is not None or words.is_review_due,
    }
    if words.used_again is not None:
        values["used_again"] = words.used_again
    for name, value in values.items():
        setattr(row, name, value)
    if onto is None:
        row.save(force_insert=True)
    else:
        # In PostgreSQL's pipeline save() does not learn that its UPDATE found the row:
        # it would insert it once more, with the same id.
        of_project = Compression.objects.filter(project=row.project_id)
        of_project.filter(pk=row.pk).update(**values)
    if words.keeping.mode != "no":
        _write_words(row, words)
        if words.is_review_due:
            DueReview.objects.create(text_id=row.pk, project_id=row.project_id)
    if report.cut is not None and is_cut_kept(words.keeping):
        write_cut(row, report.cut)
    return row, words.summary


def _row(onto: Compression | None) -> Compression:
    """As it is now, without its texts; a new one for None. Locked, so that a person's
    review is not overwritten by the row as it was read.
    """
    if onto is None:
        return Compression()
    CompressionText.objects.filter(compression=onto.pk).delete()
    return Compression.objects.select_for_update().get(
        project=onto.project_id, pk=onto.pk
    )


def _write_words(row: Compression, words: CompressionWords) -> None:
    """The JSON texts as they are: Django would decode and encode them once more."""
    texts = (words.summary, words.before, words.after, words.plan, words.analysis)
    insert_many(CompressionText, WORD_COLUMNS, [(row.pk, row.project_id, *texts)])
