"""Judges one compression: the gauge it leaves, the counts, the events it fires."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tracker.domain.budget.resolution import EffectivePolicy, PolicyBook
from tracker.domain.budget.status import BudgetStatus, evaluate
from tracker.domain.budget.suspicion import knows_more
from tracker.domain.reports import MAIN_LANE, CompressionReport, attribute
from tracker.ingest.arrivals import FiredEvent, Outcome
from tracker.ingest.judging.calibrating import Calibrating
from tracker.ingest.judging.candidates import Candidate
from tracker.ingest.judging.compressions.known_compressions import (
    KnownCompression,
    compression_of,
    rewrite,
)
from tracker.ingest.judging.compressions.outside_view import OutsideView, way_of_report
from tracker.ingest.judging.redacting import Redacting
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import Gauge, SessionState


@dataclass(frozen=True, slots=True)
class CompressionJudge:
    """Judges the compressions of one transaction and adds their rows to `pending`."""

    book: PolicyBook
    redacting: Redacting
    calibrating: Calibrating
    pending: PendingRows

    def record(
        self, report: CompressionReport, item: Candidate, is_new: bool
    ) -> Outcome:
        """Accept it once, also where two ways announce the same compression: the one
        that tells more of it completes the row, whichever comes first.
        """
        state, at = item.state, item.at
        if report.is_advice or report.performed_by != "client":
            if is_new:
                return self.accept(report, state, at)
            return self.repeat(report, state)
        view = OutsideView(self.pending, self.accept)
        if is_new:
            known = view.known_already(report, state, at)
            if known is None:
                return self.accept(view.with_neighbours(report, state, at), state, at)
        else:
            known = compression_of(state, report.event_id or "", self.pending)
        if known is None:
            return self.repeat(report, state)
        if not knows_more(way_of_report(report), known.way):
            return self.repeat(replace(report, event_id=known.event_id), state)
        if is_new:
            report = view.with_measured(report, known)
        else:
            at = known.at
        return self._complete(known, report, state, at, is_new=is_new)

    def _complete(
        self,
        known: KnownCompression,
        report: CompressionReport,
        state: SessionState,
        at: datetime,
        *,
        is_new: bool,
    ) -> Outcome:
        """Its row stays, with its review and its address; all else is the report's."""
        gauge = state.gauge_of(report.lane)
        state.take_description(self.redacting.described(state.project_id, report))
        report = self.redacting.composed(state.project_id, report)
        report = replace(
            report,
            model=report.model or known.model or gauge.model,
            sets_gauge=report.sets_gauge or known.sets_gauge,
        )
        fired: list[FiredEvent] = []
        if report.sets_gauge and (gauge.last_at is None or at >= gauge.last_at):
            effective = self._effective(state, report.model)
            fired = self._show(report, state, gauge, effective, at)
        self.calibrating.compressed(state, report.lane, at)
        status = self._judged(state, gauge)
        self.pending.touch(state, report.lane, status)
        self.pending.fired(state, fired)
        assert report.event_id is not None
        outcome = Outcome(
            state.id, state.key, report.event_id, not is_new, False, status, fired
        )
        rewrite(known, self.pending, report, at, outcome)
        return outcome

    def repeat(self, report: CompressionReport, state: SessionState) -> Outcome:
        """A duplicate: nothing is written; the answer holds the present budget."""
        status = self._judged(state, state.gauge_of(report.lane))
        assert report.event_id is not None
        return Outcome(state.id, state.key, report.event_id, True, False, status, [])

    def accept(
        self, report: CompressionReport, state: SessionState, at: datetime
    ) -> Outcome:
        gauge = state.gauge_of(report.lane)
        held = gauge.parts
        effective = self._effective(state, report.model or gauge.model)
        state.take_description(self.redacting.described(state.project_id, report))
        # The model as of now: a later report of the group may change it.
        report = replace(report, model=report.model or gauge.model)
        report = self.redacting.composed(state.project_id, report)
        fired: list[FiredEvent] = []
        if report.sets_gauge and gauge.last_at is not None and at < gauge.last_at:
            report = replace(report, sets_gauge=False)
        if report.sets_gauge:
            fired = self._show(report, state, gauge, effective, at)
            if report.leaves:
                self.pending.compositions.note(
                    state, report.lane, report.leaves, gauge.parts, at
                )
        if not report.is_advice:
            state.compression_count += 1
            state.saved_tokens += max(0, report.before_tokens - report.after_tokens)
            state.last_compression_at = max(state.last_compression_at or at, at)
            self.calibrating.compressed(state, report.lane, at)
        status = self._judged(state, gauge)
        self.pending.touch(state, report.lane, status)
        self.pending.fired(state, fired)
        assert report.event_id is not None
        outcome = Outcome(
            state.id, state.key, report.event_id, False, False, status, fired
        )
        self.pending.compression(state, report, at, outcome, held=held)
        return outcome

    def _judged(self, state: SessionState, gauge: Gauge) -> BudgetStatus:
        return self._effective(state, gauge.model).judge(gauge)

    def _effective(self, state: SessionState, model: str) -> EffectivePolicy:
        return self.book.policy_for(state.project_id, model, state.id)

    def _show(
        self,
        report: CompressionReport,
        state: SessionState,
        gauge: Gauge,
        effective: EffectivePolicy,
        at: datetime,
    ) -> list[FiredEvent]:
        """Let the gauge show the size of what went out, until the next report."""
        window = gauge.window_tokens if gauge.last_at else effective.window_tokens
        source = gauge.window_source if gauge.last_at else effective.window_source
        window, source = effective.window_for(window, source)
        parts = replace(gauge.parts, history=0, unattributed=0)
        # `optimize` stored a sample just before. What no counter sees was in it, and is
        # in what went out, too.
        unseen = gauge.parts.unattributed if report.origin == "optimize" else 0
        rest = max(0, report.after_tokens - parts.total - unseen)
        parts = attribute(report.after_tokens, replace(parts, history=rest))
        status = evaluate(
            effective.policy,
            report.after_tokens,
            window_tokens=window,
            window_source=source,
            parts=parts,
            message_count=report.after_count,
            source=report.source,
        )
        gauge.show(status)
        gauge.message_count = report.after_count
        gauge.model = report.model
        gauge.first_at = min(gauge.first_at or at, at)
        gauge.last_at = at
        if report.lane != MAIN_LANE:
            return []
        event_id = report.event_id or ""
        return state.cross(status, at=at, event_id=event_id)
