"""Two reports of one request become one sample, with the better one's values.

A transcript's line is reported again when the answer has grown. Claude Code's status
line reports a request without its id; a transcript or telemetry reports the same
request with more detail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tracker.domain.reports import UsageReport, attribute
from tracker.ingest.judging.usage.plausibility import ZERO_INPUT
from tracker.ingest.rows.known_samples import KnownSample, samples_of_size
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import SessionState

STATUS_LINE = "claude-code statusline"  # the metadata's `client`
_CLAUDE_CODE = "claude-code "  # the status line, or the hook after it
# The status line has the time at which an answer was complete, a transcript's line the
# time at which it began: without this allowance they would be two requests.
_ANSWERED_WITHIN = timedelta(minutes=15)
_ONE_CLOCK = timedelta(seconds=10)
_NUMBERS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens",
    "cache_hour_tokens", "cache_reason",
)  # fmt: skip
_CACHE = ("cache_read_tokens", "cache_creation_tokens")
# Sources of a window, the most trusted last.
_WINDOW_WORDS = ("client_table", "client_setting", "client", "report")


def completed(known: UsageReport, told: UsageReport) -> UsageReport:
    """The stored sample `known`, with the better values of `told`, the same request.

    An answer only grows, so the report with more output is the later one, and all of
    its numbers count. Known 200 tokens of output and told 640: the told numbers are
    taken. Known 640 and told 200: the known ones stay. Parts and the number of messages
    come from the report that has them, the window from the more trusted source.
    """
    is_last = (told.output_tokens or 0) >= (known.output_tokens or 0)
    changes: dict[str, Any] = {"model": known.model or told.model}
    if is_last:
        changes["used_tokens"] = told.used_tokens
        for name in _NUMBERS:
            if getattr(told, name) is not None:
                changes[name] = getattr(told, name)
    if told.message_count is not None and (is_last or known.message_count is None):
        changes["message_count"] = told.message_count
    used = changes.get("used_tokens", known.used_tokens)
    parts = known.parts
    if told.parts_source and (is_last or not known.parts_source):
        parts = told.parts
        changes |= {"parts_source": told.parts_source, "origin": told.origin}
    if told.added:
        changes["added"] = told.added
    if known.implausible == ZERO_INPUT and used:
        changes["implausible"] = None
    # With equally trusted sources the newer report's window is taken.
    window = max((told, known), key=_window_rank)
    is_said = _window_rank(window) >= 0
    return replace(
        known,
        **changes,
        parts=parts if parts.total == used else attribute(used, parts),
        window_tokens=window.window_tokens if is_said else None,
        window_source=window.window_source if is_said else "",
        begins_anew=told.begins_anew,
        compact_at_tokens=told.compact_at_tokens,
        partial=known.partial or told.partial,
    )


def _window_rank(report: UsageReport) -> int:
    if report.window_tokens is None:
        return -1
    words = _WINDOW_WORDS
    source = report.window_source or "report"
    return words.index(source) if source in words else -1


@dataclass(frozen=True, slots=True)
class StatusLineTwins:
    """Finds the request that a status line and another way both tell."""

    pending: PendingRows

    def twin_of(
        self, report: UsageReport, state: SessionState, at: datetime
    ) -> KnownSample | None:
        """The nearest sample of the other way with the same tokens, read from the cache
        and written to it, too. A query for sessions that a status line reports.
        """
        is_own = _client(report.metadata) == STATUS_LINE
        if report.source != "reported":
            return None
        if not is_own and not _client(state.metadata).startswith(_CLAUDE_CODE):
            return None
        before, after = _ONE_CLOCK, _ANSWERED_WITHIN
        since, until = at - before, at + after
        if is_own:
            since, until = at - after, at + before
            last_at = state.gauge.last_at
            if last_at and state.gauge.used_tokens == report.used_tokens:
                # A resumed session shows its last request again, hours later.
                since = min(since, last_at)
        alike = samples_of_size(
            state, report.used_tokens, self.pending, since=since, until=until
        )
        alike = [
            each
            for each in alike
            if each.is_told_by_status_line != is_own
            and each.values["lane"] == report.lane
            and all(_is_same(each.values[n], getattr(report, n)) for n in _CACHE)
        ]
        return min(alike, key=lambda each: abs(each.at - at), default=None)


def _client(metadata: dict[str, Any] | None) -> str:
    return str((metadata or {}).get("client", ""))


def _is_same(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other
