"""Which window a report is judged with, and who said how large it is."""

from __future__ import annotations

from tracker.domain.budget.resolution import EffectivePolicy
from tracker.domain.budget.status import CLIENT_TABLE
from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import UsageReport
from tracker.ingest.rows.sessions.gauge_state import Gauge

_FROM_PROGRAMS = (
    "api",
    "optimize",
)  # without one of these, the policy's window is used


def window_for(
    report: UsageReport, effective: EffectivePolicy, gauge: Gauge
) -> tuple[int, str]:
    """Tokens, and one of WINDOW_SOURCES. The first of these that is known:

    1. the report's own word, or its client's;
    2. for a transcript or telemetry, what a status line or program has said of the
       same model in this session: 1,000,000 there, 200,000 in the client's table, and
       the window is 1,000,000;
    3. a policy's; 4. the client's table; 5. the model catalogue; 6. the default.
    """
    told, source = report.window_tokens, report.window_source or "report"
    if told is not None and source != CLIENT_TABLE:
        return told, source
    if report.origin not in _FROM_PROGRAMS and gauge.window_source == "report":
        model = report.model or gauge.model
        if gauge.last_at and family_name(model) == family_name(gauge.model):
            return gauge.window_tokens, gauge.window_source
    if told is not None and effective.window_source != "policy":
        return told, source
    return effective.window_tokens, effective.window_source
