"""Compressions that a client did by itself, as they show in its reports.

Nobody announces some of them: a sudden drop of the used tokens is recorded as a
suspected compression. Others are announced by two ways (a transcript and telemetry):
the better one is kept. Runs within the writing transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracker.domain.budget.status import BudgetStatus
from tracker.domain.budget.suspicion import (
    SUSPECTED,
    THEIR_FILES_SAY,
    calls_alternate,
    has_come_back,
    is_sudden_drop,
    way_of,
)
from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.ingest.judging.compressions.known_compressions import (
    KnownCompression,
    known_compressions,
    remove,
    revise,
)
from tracker.ingest.rows.of_session import rows_of
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import Gauge, SessionState
from tracker.models import UsageSample

SAMPLES_LOOKED_AT = 20  # for calls of several kinds in one session
SAME_MOMENT = timedelta(seconds=2)  # two programs of one machine, one clock
# Two announcements so close together, with no request between them, are of one
# compression.
SAME_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class OutsideView:
    """`accept` records a suspected compression as if a client had announced it."""

    pending: PendingRows
    accept: Callable[[CompressionReport, SessionState, datetime], object]

    def request_follows(
        self,
        state: SessionState,
        report: UsageReport,
        status: BudgetStatus,
        at: datetime,
    ) -> None:
        """Call for a request of the main lane before the gauge shows it."""
        gauge = state.gauge
        assert gauge.last_at is not None
        is_drop = self._is_unexplained_drop(gauge, report, status)
        cut_at = state.last_compression_at
        if not is_drop and (cut_at is None or cut_at < gauge.last_at):
            return
        since = gauge.last_at
        # A program may send its next call, which is compressed, before the answer of
        # its last one is recorded: ours then lies a moment before that answer.
        known = [
            each
            for each in known_compressions(
                state, MAIN_LANE, self.pending, since=since - SAME_MOMENT, until=at
            )
            if each.at >= since or each.is_own
        ]
        announced = [each for each in known if each.trigger != SUSPECTED]
        if announced:
            self._settle(announced[-1], report)
        elif known and self._is_refuted(known[-1], report, at):
            remove(known[-1], self.pending)
        elif is_drop and not self._alternates(state, status):
            self._suspect(state, gauge, report, at)

    def known_already(
        self, report: CompressionReport, state: SessionState, at: datetime
    ) -> KnownCompression | None:
        """The same compression by another way: no request lies between the two, or
        only the one that made us suspect it.
        """
        earliest = at - SAME_WITHIN
        for known in known_compressions(
            state, report.lane, self.pending, since=earliest
        ):
            if known.way == way_of_report(report) or known.is_own:
                continue
            start, end = sorted((known.at, at))
            if known.trigger == SUSPECTED:
                if known.at < at - SAME_MOMENT:
                    continue
                end = known.at
            elif end - start > SAME_WITHIN:
                continue
            else:
                end -= SAME_MOMENT
            if not self._is_request_between(state, report.lane, start, end):
                return known
        return None

    def with_measured(
        self, report: CompressionReport, known: KnownCompression
    ) -> CompressionReport:
        """The report with the last measured size of the window: telemetry's own number
        is only a claim.
        """
        if report.origin != "otlp":
            return report
        return replace(
            report,
            before_tokens=known.before_tokens,
            after_tokens=known.after_tokens,
        )

    def _is_refuted(
        self, suspected: KnownCompression, report: UsageReport, at: datetime
    ) -> bool:
        """Whether the report shows that nothing was compressed: all is there again, or
        it is the report of the drop itself, told anew as a window that was emptied, or
        by a session file that would have said so.
        """
        is_known = report.begins_anew or report.origin in THEIR_FILES_SAY
        return (is_known and suspected.at == at) or has_come_back(
            suspected.before_tokens, report.used_tokens
        )

    def _is_unexplained_drop(
        self, gauge: Gauge, report: UsageReport, status: BudgetStatus
    ) -> bool:
        return (
            gauge.source == report.source == "reported"
            and not report.begins_anew
            and report.origin not in THEIR_FILES_SAY
            and is_sudden_drop(
                gauge.used_tokens,
                report.used_tokens,
                available=status.limits.available_tokens,
            )
            and family_name(report.model or gauge.model) == family_name(gauge.model)
        )

    def _alternates(self, state: SessionState, status: BudgetStatus) -> bool:
        rows = rows_of(
            UsageSample, state, lane=MAIN_LANE, is_late=False, implausible=""
        ).order_by("-at", "-pk")
        stored = list(rows.values_list("used_tokens", flat=True)[:SAMPLES_LOOKED_AT])
        used = [*reversed(stored), *self.pending.used_tokens(state, MAIN_LANE)]
        return calls_alternate(
            used[-SAMPLES_LOOKED_AT:], available=status.limits.available_tokens
        )

    def _suspect(
        self, state: SessionState, gauge: Gauge, report: UsageReport, at: datetime
    ) -> None:
        suspected = CompressionReport(
            session=state.key,
            before_tokens=gauge.used_tokens,
            after_tokens=report.used_tokens,
            source="reported",
            event_id="",  # nobody sent it, so nobody sends it again
            trigger=SUSPECTED,
            model=gauge.model,
            origin=report.origin,
        )
        self.accept(suspected, state, at)

    def _settle(self, known: KnownCompression, report: UsageReport) -> None:
        """The first request after a compression measures what was only claimed."""
        is_claim = known.after_tokens == known.claimed_after_tokens
        if known.way == "otlp" and is_claim and report.source == "reported":
            revise(known, self.pending, after_tokens=report.used_tokens)

    def _is_request_between(
        self, state: SessionState, lane: str, start: datetime, end: datetime
    ) -> bool:
        start += SAME_MOMENT
        if start >= end:
            return False
        rows = rows_of(UsageSample, state, lane=lane)
        return (
            self.pending.has_sample(state, lane, after=start, before=end)
            or rows.filter(at__gt=start, at__lt=end).exists()
        )

    def with_neighbours(
        self, report: CompressionReport, state: SessionState, at: datetime
    ) -> CompressionReport:
        """Telemetry only claims how full the window was. The requests before and after
        measure it, as far as they are stored; the one after may come later.
        """
        if report.origin != "otlp":
            return report
        gauge = state.gauge_of(report.lane)
        if gauge.last_at is None or gauge.last_at <= at:
            is_reported = gauge.source == "reported"
            before, after = gauge.used_tokens if is_reported else None, None
        else:
            rows = rows_of(UsageSample, state, lane=report.lane, source="reported")
            used = rows.values_list("used_tokens", flat=True)
            before = used.filter(at__lte=at).order_by("-at", "-pk").first()
            after = used.filter(at__gt=at).order_by("at", "pk").first()
        return replace(
            report,
            before_tokens=report.before_tokens if before is None else before,
            after_tokens=report.after_tokens if after is None else after,
        )


def way_of_report(report: CompressionReport) -> str:
    return way_of(trigger=report.trigger, origin=report.origin)
