"""Judges one usage report: its budget, its sample, the events it fires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import EffectivePolicy, PolicyBook
from tracker.domain.budget.status import BudgetStatus, evaluate
from tracker.domain.reports import MAIN_LANE, UsageReport
from tracker.ingest.arrivals import FiredEvent, Outcome, Rejection
from tracker.ingest.judging.calibrating import Calibrating
from tracker.ingest.judging.candidates import Candidate
from tracker.ingest.judging.compressions.outside_view import OutsideView
from tracker.ingest.judging.compressions.record_compression import CompressionJudge
from tracker.ingest.judging.redacting import Redacting
from tracker.ingest.judging.usage.plausibility import Plausibility, held_up
from tracker.ingest.judging.usage.same_request import StatusLineTwins, completed
from tracker.ingest.judging.usage.telemetry_twins import TelemetryTwins
from tracker.ingest.judging.usage.windows import window_for
from tracker.ingest.rows.known_samples import KnownSample, known_sample, revise
from tracker.ingest.rows.pending import PendingRows, sample_row
from tracker.ingest.rows.sessions.gauge_state import Gauge, SessionState


@dataclass(frozen=True, slots=True)
class UsageJudge:
    """Judges the usage reports of one transaction and adds their rows to `pending`."""

    book: PolicyBook
    redacting: Redacting
    calibrating: Calibrating
    pending: PendingRows
    compressions: CompressionJudge

    def refusal(self, report: UsageReport, state: SessionState) -> Rejection | None:
        """Why it cannot be judged: the policy reserves more than its window has."""
        if report.window_tokens is None:
            return None
        effective = self._effective(state, report.model or state.gauge.model)
        try:
            effective.limits_for(report.window_tokens)
        except PolicyError as error:
            return Rejection(
                "window_tokens", f"{error.message} ({effective.policy.name} policy)"
            )
        return None

    def repeat(self, report: UsageReport, state: SessionState) -> Outcome:
        """A duplicate: the answer holds the present budget. A program's own repeat
        changes nothing; a transcript's or telemetry's may know more of the request.
        """
        assert report.event_id is not None
        if report.origin != "api" and report.source == "reported":
            known = known_sample(state, report.event_id, self.pending)
            if known is not None:
                return self._complete(known, report, state)
        return self._unchanged(report, state)

    def _unchanged(
        self,
        report: UsageReport,
        state: SessionState,
        fired: Sequence[FiredEvent] = (),
    ) -> Outcome:
        gauge = state.gauge_of(report.lane)
        status = self._effective(state, gauge.model).judge(gauge)
        assert report.event_id is not None
        return Outcome(
            state.id, state.key, report.event_id, True, False, status, list(fired)
        )

    def _complete(
        self, known: KnownSample, report: UsageReport, state: SessionState
    ) -> Outcome:
        """One more report of a request that is known: the sample is completed, and the
        gauge where it shows that sample.
        """
        report = self.redacting.composed(state.project_id, report)
        before = known.report(state.key)
        whole = completed(before, report)
        if known.is_told_by_status_line and report.origin != "api":
            whole = replace(whole, event_id=report.event_id)
        gauge = state.gauge_of(whole.lane)
        status = self._judge(whole, self._effective(state, whole.model), gauge)
        row = sample_row(
            state, whole, status, at=known.at, is_late=known.is_late,
            is_skewed=bool(known.values["is_clock_skewed"]),
        )  # fmt: skip
        if not revise(known, state, self.pending, row):
            return self._unchanged(report, state)
        fired: list[FiredEvent] = []
        is_shown = not whole.implausible and known.is_shown_by(gauge)
        if is_shown:
            if not before.parts_source and report.counted is not None:
                self.calibrating.correct(
                    state,
                    replace(whole, counted=report.counted, counter=report.counter),
                    model=whole.model, at=known.at, is_late=False,
                )  # fmt: skip
            fired = self._show(whole, state, gauge, status, known.at)
            self._compose(report, state, status, known.at)
            self.pending.fired(state, fired)
        state.take_description(self.redacting.described(state.project_id, report))
        self.pending.touch(state, whole.lane, status if is_shown else None)
        return self._unchanged(report, state, fired)

    def accept(self, item: Candidate, report: UsageReport) -> Outcome:
        """Judge a new report. A late one, older than the gauge, becomes a sample of the
        history and changes nothing else.
        """
        at, state = item.at, item.state
        if report.source == "reported":  # others have no twins
            twin = StatusLineTwins(self.pending).twin_of(
                report, state, at
            ) or TelemetryTwins(self.pending).twin_of(report, state, at)
            if twin is not None:
                return self._complete(twin, report, state)
        report = self.redacting.composed(state.project_id, report)
        gauge = state.gauge_of(report.lane)
        model = report.model or gauge.model
        effective = self._effective(state, model)
        is_late = gauge.last_at is not None and at < gauge.last_at
        is_anchored = False
        if report.counted is not None:
            report, is_anchored = self.calibrating.correct(
                state, report, model=model, at=at, is_late=is_late
            )
        if report.source == "reported":
            marked = Plausibility(self.pending).marked
            report = marked(report, state, gauge, at)
        moves = not is_late and (report.implausible is None or gauge.last_at is None)
        if moves and not is_anchored:
            report = held_up(report, state, gauge)
        status = self._judge(report, effective, gauge)
        gauge.sample_count += 1
        gauge.first_at = min(gauge.first_at or at, at)
        fired: list[FiredEvent] = []
        if moves:
            fired = self._show(report, state, gauge, status, at)
            self._compose(report, state, status, at)
        state.take_description(self.redacting.described(state.project_id, report))
        self.pending.sample(
            state, report, status, at=at, is_late=is_late, is_skewed=item.is_skewed
        )
        self.pending.fired(state, fired)
        self.pending.touch(state, report.lane, status if moves else None)
        if report.implausible and not moves:
            status = self._effective(state, gauge.model).judge(gauge)
        assert report.event_id is not None
        return Outcome(
            state.id, state.key, report.event_id, False, is_late, status, fired,
            implausible=None if moves else report.implausible,
        )  # fmt: skip

    def _compose(
        self, report: UsageReport, state: SessionState, status: BudgetStatus,
        at: datetime,
    ) -> None:  # fmt: skip
        """Keep what fills the window now, if the report says it."""
        if report.composition:
            self.pending.compositions.note(
                state, report.lane, report.composition, status.parts, at
            )

    def _show(
        self,
        report: UsageReport,
        state: SessionState,
        gauge: Gauge,
        status: BudgetStatus,
        at: datetime,
    ) -> list[FiredEvent]:
        """Let the gauge show the newest report of its lane; the events that fires."""
        if report.lane != MAIN_LANE:
            gauge.take(report, status, at)
            return []
        state.compact_at_tokens = report.compact_at_tokens or state.compact_at_tokens
        if gauge.last_at is not None:
            cut_at = state.last_compression_at
            if report.used_tokens < gauge.used_tokens or (
                cut_at is not None and cut_at >= gauge.last_at
            ):
                view = OutsideView(self.pending, self.compressions.accept)
                view.request_follows(state, report, status, at)
        gauge.take(report, status, at)
        event_id = report.event_id or ""
        return state.cross(status, at=at, event_id=event_id)

    def _effective(self, state: SessionState, model: str) -> EffectivePolicy:
        return self.book.policy_for(state.project_id, model, state.id)

    def _judge(
        self, report: UsageReport, effective: EffectivePolicy, gauge: Gauge
    ) -> BudgetStatus:
        window, source = window_for(report, effective, gauge)
        return evaluate(
            effective.policy,
            report.used_tokens,
            window_source=source,
            parts=report.parts,
            message_count=report.message_count,
            source=report.source,
            limits=self.book.limits_for(effective, window),
        )
