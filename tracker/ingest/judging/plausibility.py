"""Which reports a lane's gauge does not follow, and which it follows only upwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import UsageReport, attribute
from tracker.ingest.rows.gauge_state import Gauge, SessionState
from tracker.ingest.rows.pending import PendingRows
from tracker.models import UsageSample

ZERO_INPUT, HELPER_CALL = "zero_input", "helper_call"
# A helper (a title, a topic) holds a fraction of its session's window.
HELPER_SHARE = 2  # at most 1 / 2
# Programs ask a helper once or twice in a row; a third small request of one model is a
# conversation that went on with it.
HELPERS_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Plausibility:
    """Marks what cannot be the state of a lane's window. Reads the store only for a
    request that another model answered and that holds less than half.
    """

    pending: PendingRows

    def marked(
        self, report: UsageReport, state: SessionState, gauge: Gauge
    ) -> UsageReport:
        """The report, with the reason why its lane's gauge must not follow it."""
        if report.implausible or report.source != "reported":
            return report
        if report.used_tokens == 0:
            # llama.cpp, Ollama and OpenRouter say 0 now and then: no window is empty
            # at an answer.
            return replace(report, implausible=ZERO_INPUT)
        if self._is_helper(report, state, gauge):
            return replace(report, implausible=HELPER_CALL)
        return report

    def _is_helper(
        self, report: UsageReport, state: SessionState, gauge: Gauge
    ) -> bool:
        if gauge.last_at is None or gauge.source != "reported" or report.begins_anew:
            return False
        if not report.model or not gauge.model:
            return False
        cut_at = state.last_compression_at
        if cut_at is not None and cut_at >= gauge.last_at:
            return False  # it is smaller because it was compressed
        if report.used_tokens * HELPER_SHARE > gauge.used_tokens:
            return False
        family = family_name(report.model)
        if family == family_name(gauge.model):
            return False
        before = self._models_before(state, report.lane)[:HELPERS_IN_A_ROW]
        return len(before) < HELPERS_IN_A_ROW or any(
            family_name(model) != family for model in before
        )

    def _models_before(self, state: SessionState, lane: str) -> list[str]:
        """Of the lane's last requests, the newest first."""
        found = self.pending.models(state, lane)[::-1]
        if len(found) < HELPERS_IN_A_ROW and not state.is_new:
            stored = UsageSample.objects.filter(session=state.id, lane=lane)
            stored = stored.order_by("-at", "-pk")
            found += stored.values_list("model", flat=True)[:HELPERS_IN_A_ROW]
        return found


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
