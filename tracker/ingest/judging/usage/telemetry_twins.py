"""A request that an agent's telemetry and its session file both tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.domain.reports import MAIN_LANE, UsageReport
from tracker.ingest.rows.known_samples import KnownSample, samples_of_size
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import SessionState

OTLP = "otlp"
# Instrumentation scopes of agents that use other ids in telemetry than in their files.
SCOPES = frozenset(("codex_otel.log_only", "gemini-cli", "qwen-code", "github.copilot"))
FILES = frozenset(("codex", "gemini_cli", "qwen_code", "copilot_cli"))
# One is written when the answer ends, the other when it began or is stored.
_WITHIN = timedelta(minutes=1)
_NUMBERS = ("cache_read_tokens", "cache_creation_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class TelemetryTwins:
    """Finds it by its numbers: `token-budget install codex` and an import of the same
    session would count each of its requests twice. Copilot's sub-agent has an id in its
    file and only a name in its spans, so two lanes that are not the main one may be
    one: the request stays in the lane of who told it first.
    """

    pending: PendingRows

    def twin_of(
        self, report: UsageReport, state: SessionState, at: datetime
    ) -> KnownSample | None:
        """The nearest sample of the other way with the same tokens: input, cache and
        output. A query for sessions of these agents' telemetry.
        """
        is_telemetry = report.origin == OTLP
        metadata = report.metadata if is_telemetry else state.metadata
        if report.source != "reported":
            return None
        if (metadata or {}).get("scope") not in SCOPES:
            return None
        if not is_telemetry and report.origin not in FILES:
            return None
        alike = samples_of_size(
            state,
            report.used_tokens,
            self.pending,
            since=at - _WITHIN,
            until=at + _WITHIN,
        )
        found = [
            each
            for each in alike
            if (each.values["origin"] == OTLP) != is_telemetry
            and (each.values["lane"] == MAIN_LANE) == (report.lane == MAIN_LANE)
            and all(
                (each.values[n] or 0) == (getattr(report, n) or 0) for n in _NUMBERS
            )
        ]
        return min(
            found,
            key=lambda each: (each.values["lane"] != report.lane, abs(each.at - at)),
            default=None,
        )
