"""Which reports a lane's gauge does not follow, and which it follows only upwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from tracker.domain.budget.helpers import (
    HELPER_SHARE,
    HELPERS_IN_A_ROW,
    is_helper_call,
)
from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import UsageReport, attribute
from tracker.ingest.rows.of_session import rows_of
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import Gauge, SessionState
from tracker.ingest.rows.sql import db_time
from tracker.models import UsageSample

ZERO_INPUT, HELPER_CALL = "zero_input", "helper_call"


@dataclass(frozen=True, slots=True)
class Plausibility:
    """Marks what cannot be the state of a lane's window. Reads the store only for a
    request that another model answered and that holds less than half.
    """

    pending: PendingRows

    def marked(
        self, report: UsageReport, state: SessionState, gauge: Gauge, at: datetime
    ) -> UsageReport:
        """The report, with the reason why its lane's gauge must not follow it. One that
        comes after later ones is judged with them, once all are stored (helper_marks).
        """
        if report.implausible or report.source != "reported":
            return report
        if report.used_tokens == 0:
            # llama.cpp, Ollama and OpenRouter say 0 now and then: no window is empty
            # at an answer.
            return replace(report, implausible=ZERO_INPUT)
        if self._is_helper(report, state, gauge, at):
            return replace(report, implausible=HELPER_CALL)
        return report

    def _is_helper(
        self, report: UsageReport, state: SessionState, gauge: Gauge, at: datetime
    ) -> bool:
        if gauge.last_at is None or gauge.source != "reported" or report.begins_anew:
            return False
        if at < gauge.last_at:
            return False
        if report.used_tokens * HELPER_SHARE > gauge.used_tokens:
            return False
        if family_name(report.model) == family_name(gauge.model):
            return False  # the usual case: it needs no query
        cut_at = state.last_compression_at
        if cut_at is not None and cut_at >= gauge.last_at:
            return False  # it is smaller because it was compressed
        last = self._last(state, report.lane)
        if last and last[0][0] > db_time(at):
            self.pending.note_late(state, report.lane, at)
        return is_helper_call(
            report.used_tokens,
            report.model,
            window_holds=gauge.used_tokens,
            window_model=gauge.model,
            before=[model for _, model in last],
        )

    def _last(self, state: SessionState, lane: str) -> list[tuple[Any, str]]:
        """Time and model of the lane's newest requests, the newest first."""
        found = self.pending.times_and_models(state, lane)
        if not state.is_new:
            stored = rows_of(UsageSample, state, lane=lane)
            stored = stored.order_by("-at", "-pk")[:HELPERS_IN_A_ROW]
            rows = stored.values_list("at", "model")
            found = [(db_time(at), model) for at, model in reversed(rows)] + found
        # Of one moment the one that came last is the newest.
        return sorted(found, key=itemgetter(0))[: -HELPERS_IN_A_ROW - 1 : -1]


def held_up(report: UsageReport, state: SessionState, gauge: Gauge) -> UsageReport:
    """A count of ours smaller than the provider's last number is judged by that number:
    what only a report can see (system prompt, tools, cache) is still there, until a
    newer report or a compression says otherwise.

    The provider said 175,000, then the messages alone count 104,329: 175,000, of which
    70,671 are unattributed. The caller's own `tokens` stand as they are.
    """
    is_ours = bool(report.counter) or report.origin == "optimize"
    if not is_ours or report.source == "reported" or gauge.source != "reported":
        return report
    cut_at = state.last_compression_at
    if cut_at is not None and gauge.last_at is not None and cut_at >= gauge.last_at:
        return report
    if report.begins_anew or report.used_tokens >= gauge.used_tokens:
        return report
    return replace(
        report,
        used_tokens=gauge.used_tokens,
        parts=attribute(gauge.used_tokens, report.counted or report.parts),
        source="reported",
    )
